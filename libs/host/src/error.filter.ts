import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { SeamError } from '@tearline/seam';
import type { FastifyReply } from 'fastify';
import type { ErrorBody } from './error-body.js';
import { faultOf } from './fault.js';
import type { FailureLog } from './failure-log.js';

/** Answers every error in one form: `{ "errors": { "<field or resource>": ["<message>"] } }`. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly failures: FailureLog) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const { status, body, retryAfter, unexpected } = faultOf(thrown);
    if (unexpected) this.failures.report(thrown);
    else if (thrown instanceof SeamError && thrown.code === 'internal') this.failures.report(thrown.cause ?? thrown);
    if (reply.sent || reply.raw.headersSent) {
      // Half of an answer is out: breaking off is the only way left to say that it failed.
      reply.raw.destroy();
      return;
    }
    if (retryAfter !== undefined) void reply.header('retry-after', retryAfter);
    sendError(reply, status, body);
  }
}

export function sendError(reply: FastifyReply, status: number, body: ErrorBody): void {
  void reply.code(status).header('content-type', 'application/json; charset=utf-8').send(JSON.stringify(body));
}
