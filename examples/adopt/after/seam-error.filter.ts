import {
  type ArgumentsHost,
  Catch,
  ConflictException,
  type HttpException,
  InternalServerErrorException,
  NotFoundException,
  ServiceUnavailableException,
  type Type,
} from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { SeamError } from '@tearline/seam';

const EXCEPTIONS: Readonly<Record<string, Type<HttpException>>> = {
  'stock/unknown': NotFoundException,
  'stock/not-enough': ConflictException,
  'deadline-exceeded': ServiceUnavailableException,
  unavailable: ServiceUnavailableException,
};

/** Answers HTTP with what the modules used to throw: those who throw codes now do not know who asks. */
@Catch(SeamError)
export class SeamErrorFilter extends BaseExceptionFilter<Error> {
  override catch({ code, message }: SeamError, host: ArgumentsHost): void {
    const Exception = EXCEPTIONS[code] ?? InternalServerErrorException;
    super.catch(new Exception(message), host);
  }
}
