import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { currentCall, SeamError } from '@tearline/seam';
import type { FastifyReply } from 'fastify';
import { sendHttpError, toHttpError } from './http-error.js';
import type { ErrorLog } from './error-log.js';

/** Sends every error in one form: `{ "errors": { "<field or resource>": ["<message>"] } }`. */
@Catch()
export class HttpErrorFilter implements ExceptionFilter {
  constructor(private readonly errors: ErrorLog) {}

  catch(failure: unknown, host: ArgumentsHost): void {
    // An operation that fails because its call was cancelled is reported as the cancellation.
    const thrown = currentCall()?.cancelled ?? failure;
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const httpError = toHttpError(thrown);
    if (httpError.unexpected) this.errors.report(thrown);
    else if (thrown instanceof SeamError && thrown.code === 'internal')
      this.errors.report(thrown.cause ?? thrown);
    if (reply.sent || reply.raw.headersSent) {
      // Part of the response is sent: closing the connection is the only way left to signal the failure.
      if (!reply.raw.writableEnded) reply.raw.destroy();
      return;
    }
    sendHttpError(reply, httpError);
  }
}
