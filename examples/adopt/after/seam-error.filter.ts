import {
  type ArgumentsHost,
  Catch,
  ConflictException,
  type ExceptionFilter,
  type HttpException,
  InternalServerErrorException,
  NotFoundException,
  ServiceUnavailableException,
  type Type,
} from '@nestjs/common';
import { SeamError } from '@tearline/seam';
import type { FastifyReply } from 'fastify';

const EXCEPTIONS: Readonly<Record<string, Type<HttpException>>> = {
  'stock/unknown': NotFoundException,
  'stock/not-enough': ConflictException,
  'deadline-exceeded': ServiceUnavailableException,
  unavailable: ServiceUnavailableException,
};

/** Maps the codes of seam errors to HTTP exceptions. Handlers throw codes, since their caller may be another process. */
@Catch(SeamError)
export class SeamErrorFilter implements ExceptionFilter<SeamError> {
  catch({ code, message }: SeamError, host: ArgumentsHost): void {
    const Exception = EXCEPTIONS[code] ?? InternalServerErrorException;
    const answer = new Exception(message);
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    void reply.status(answer.getStatus()).send(answer.getResponse());
  }
}
