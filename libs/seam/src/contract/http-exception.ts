import * as nest from '@nestjs/common';

/** What makes an exception of Nest beside its response. */
export interface HttpExceptionOnWire {
  /** Name of the nearest class that is Nest's own, since a caller may not have the application's. */
  readonly type: string;
  readonly status: number;
}

type ExceptionClass = new (response: unknown) => nest.HttpException;

const NEST_CLASSES = new Map(
  Object.entries(nest as Readonly<Record<string, unknown>>).filter(
    (entry): entry is [string, ExceptionClass] =>
      typeof entry[1] === 'function' && entry[1].prototype instanceof nest.HttpException,
  ),
);

/** Returns the name of the nearest class of an exception that is Nest's own. */
export function nestClassOf(exception: nest.HttpException): string {
  for (
    let type: unknown = exception.constructor;
    typeof type === 'function';
    type = Object.getPrototypeOf(type)
  )
    if (NEST_CLASSES.get(type.name) === type) return type.name;
  return nest.HttpException.name;
}

/** Makes an exception with the status, the response and, where it is one of Nest's own, the class that it had. */
export function toHttpException(
  { type, status }: HttpExceptionOnWire,
  message: string,
  response: unknown,
): nest.HttpException {
  const Own = NEST_CLASSES.get(type);
  const own = Own && new Own(response);
  const exception =
    own?.getStatus() === status ? own : new nest.HttpException(response as string | object, status);
  exception.message = message;
  return exception;
}
