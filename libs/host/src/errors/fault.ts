import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { SeamError } from '@tearline/seam';
import { type ErrorBody, errorBody } from './error-body.js';

/** What a client is told of an error. */
export interface Fault {
  readonly status: number;
  readonly body: ErrorBody;
  /** Seconds after which trying again makes sense. */
  readonly retryAfter?: number;
  /** Nobody foresaw it: it belongs in the log. */
  readonly unexpected?: boolean;
}

const INTERNAL: Fault = { status: 500, body: errorBody('server', 'internal error') };

const BUILT_IN: Readonly<Record<string, Fault>> = {
  internal: INTERNAL,
  'invalid-input': { status: 422, body: errorBody('server', 'invalid input') },
  unavailable: { status: 503, body: errorBody('server', 'unavailable'), retryAfter: 1 },
  'deadline-exceeded': { status: 504, body: errorBody('server', 'deadline exceeded') },
  // Two hosts of one deployment that do not understand each other: nothing the client could do about.
  incompatible: { status: 503, body: errorBody('server', 'unavailable') },
  cancelled: { status: 503, body: errorBody('server', 'cancelled') },
};

/** Reasons of `<resource>/<reason>`; one that is not here is a refusal of the input, told in its own words. */
const REASONS: Readonly<Record<string, { status: number; message: string }>> = {
  'not-found': { status: 404, message: 'not found' },
  forbidden: { status: 403, message: 'forbidden' },
  taken: { status: 409, message: 'has already been taken' },
  invalid: { status: 401, message: 'invalid' },
  'is-missing': { status: 401, message: 'is missing' },
  'is-invalid': { status: 401, message: 'is invalid' },
};

/** What the server framework refuses before a handler runs, by the code of its error. */
const FRAMEWORK: Readonly<Record<string, Fault>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: { status: 400, body: errorBody('body', 'is not valid JSON') },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { status: 400, body: errorBody('body', 'is incomplete') },
  FST_ERR_CTP_BODY_TOO_LARGE: { status: 413, body: errorBody('body', 'is too large') },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { status: 415, body: errorBody('body', 'must be application/json') },
  FST_ERR_BAD_URL: { status: 400, body: errorBody('request', 'has a malformed URL') },
  FST_ERR_MAX_PARAM_LENGTH: { status: 414, body: errorBody('request', 'has a URL that is too long') },
};

/** Turns whatever was thrown into an answer. Nothing about the inside of the server is told. */
export function faultOf(thrown: unknown): Fault {
  if (thrown instanceof SeamError) return faultOfSeam(thrown);
  if (thrown instanceof HttpException) return faultOfHttp(thrown);
  const { code, statusCode } = (thrown ?? {}) as { code?: unknown; statusCode?: unknown };
  const known = typeof code === 'string' ? FRAMEWORK[code] : undefined;
  if (known) return known;
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500)
    return faultOfStatus(statusCode);
  return { ...INTERNAL, unexpected: true };
}

function faultOfSeam({ code, data }: SeamError): Fault {
  const builtIn = BUILT_IN[code];
  if (builtIn) return builtIn;
  const [resource = 'server', reason = ''] = code.split('/');
  if (reason === 'too-many')
    return tooMany(resource, (data as { retryAfter?: number } | undefined)?.retryAfter);
  const { status, message } = REASONS[reason] ?? { status: 422, message: reason.replaceAll('-', ' ') };
  return { status, body: errorBody(resource, message) };
}

function tooMany(resource: string, seconds = 60): Fault {
  const retryAfter = Math.max(1, Math.ceil(seconds));
  const message = `too many attempts, try again in ${retryAfter} seconds`;
  return { status: 429, body: errorBody(resource, message), retryAfter };
}

function faultOfHttp(exception: HttpException): Fault {
  const status = exception.getStatus();
  const cause = exception.cause as { code?: string } | undefined;
  const known = cause?.code === undefined ? undefined : FRAMEWORK[cause.code];
  if (known) return known;
  const response = exception.getResponse();
  if (typeof response === 'object' && 'errors' in response) return { status, body: response as ErrorBody };
  return faultOfStatus(status);
}

function faultOfStatus(status: number): Fault {
  if (status === 404) return { status, body: errorBody('route', 'not found') };
  const text = (STATUS_CODES[status] ?? 'refused').toLowerCase();
  return { status, body: errorBody(status >= 500 ? 'server' : 'request', text) };
}
