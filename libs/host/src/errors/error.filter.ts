import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { currentCall, SeamError } from '@tearline/seam';
import type { FastifyReply } from 'fastify';
import { faultOf } from './fault.js';
import type { FailureLog } from './failure-log.js';
import { sendFault } from './send-fault.js';

/** Answers every error in one form: `{ "errors": { "<field or resource>": ["<message>"] } }`. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly failures: FailureLog) {}

  catch(failure: unknown, host: ArgumentsHost): void {
    // What fails because its call was cancelled, a query say, fails for that reason and is no news.
    const thrown = currentCall()?.cancelled ?? failure;
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const fault = faultOf(thrown);
    if (fault.unexpected) this.failures.report(thrown);
    else if (thrown instanceof SeamError && thrown.code === 'internal')
      this.failures.report(thrown.cause ?? thrown);
    if (reply.sent || reply.raw.headersSent) {
      // Half of an answer is out: breaking off is the only way left to say that it failed.
      if (!reply.raw.writableEnded) reply.raw.destroy();
      return;
    }
    sendFault(reply, fault);
  }
}
