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

/** Answers HTTP with what the modules used to throw: those who throw codes now do not know who asks. */
@Catch(SeamError)
export class SeamErrorFilter implements ExceptionFilter<SeamError> {
  catch({ code, message }: SeamError, host: ArgumentsHost): void {
    const Exception = EXCEPTIONS[code] ?? InternalServerErrorException;
    const answer = new Exception(message);
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    void reply.status(answer.getStatus()).send(answer.getResponse());
  }
}
