import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { SeamError } from '@tearline/seam';
import { type HttpError, toHttpError } from '../errors/http-error.js';

/**
 * Describes errors of a route in `/docs`, with the status and the message that clients get. Errors that any route may have, such
 * as those of its input, are described without it.
 * @param codes of SeamErrors that the route throws
 * @example @Get(':slug') @ApiErrors('article/not-found') one() {}
 */
export function ApiErrors(...codes: string[]): MethodDecorator & ClassDecorator {
  const errors = codes.map((code) => toHttpError(new SeamError(code)));
  const byStatus = Map.groupBy(errors, ({ status }) => status);
  return applyDecorators(
    ...[...byStatus].map(([status, all]) =>
      ApiResponse({ status, description: all.map(descriptionOf).join('; ') }),
    ),
  );
}

const descriptionOf = ({ body }: HttpError) =>
  Object.entries(body.errors)
    .map(([subject, messages]) => `${subject}: ${messages.join(', ')}`)
    .join('; ');
