import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { SeamError } from '@tearline/seam';
import type { FastifyReply } from 'fastify';
import { JSON_TYPE } from '../server/json-bodies.js';

/** The body of every error response: messages by field or resource. */
export interface ErrorBody {
  errors: Record<string, readonly string[]>;
}

/** An error as the response that a client gets. */
export interface HttpError {
  readonly status: number;
  readonly body: ErrorBody;
  /** Seconds after which a retry makes sense. */
  readonly retryAfter?: number;
  /** Whether no contract declares the error, so that it must be logged. */
  readonly unexpected?: boolean;
}

const INTERNAL: HttpError = { status: 500, body: errorBody('server', 'internal error') };

const BUILT_IN: Readonly<Record<string, HttpError>> = {
  internal: INTERNAL,
  'invalid-input': { status: 422, body: errorBody('server', 'invalid input') },
  unavailable: { status: 503, body: errorBody('server', 'unavailable'), retryAfter: 1 },
  'deadline-exceeded': { status: 504, body: errorBody('server', 'deadline exceeded') },
  // Two hosts of one deployment have incompatible contracts. The client cannot correct that.
  incompatible: { status: 503, body: errorBody('server', 'unavailable') },
  cancelled: { status: 503, body: errorBody('server', 'cancelled') },
};

/** Responses by the reason in a code `<resource>/<reason>`. Any other reason is a 422 with the reason as the message. */
const REASONS: Readonly<Record<string, { status: number; message: string }>> = {
  'not-found': { status: 404, message: 'not found' },
  forbidden: { status: 403, message: 'forbidden' },
  taken: { status: 409, message: 'has already been taken' },
  invalid: { status: 401, message: 'invalid' },
  'is-missing': { status: 401, message: 'is missing' },
  'is-invalid': { status: 401, message: 'is invalid' },
  'invalid-level': { status: 422, message: 'must be session, strong or eventual' },
  'is-another-one': { status: 412, message: 'is another one' },
  'is-not-satisfiable': { status: 416, message: 'is not satisfiable' },
  'must-be-in-utf-8': { status: 415, message: 'must be in UTF-8' },
  'is-not-valid-utf-8': { status: 400, message: 'is not valid UTF-8' },
  'must-not-be-compressed': { status: 415, message: 'must not be compressed' },
  'has-no-host-header': { status: 400, message: 'has no Host header' },
  'has-a-malformed-url': { status: 400, message: 'has a malformed URL' },
  'invalid-key': { status: 422, message: 'must be 1 to 255 visible ASCII characters' },
};

/** Responses to requests that fastify rejects before a handler runs, by the code of its error. */
export const FRAMEWORK: Readonly<Record<string, HttpError>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: { status: 400, body: errorBody('body', 'is not valid JSON') },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { status: 400, body: errorBody('body', 'is incomplete') },
  FST_ERR_CTP_BODY_TOO_LARGE: { status: 413, body: errorBody('body', 'is too large') },
  // Without any type.
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { status: 415, body: errorBody('body', 'must be application/json') },
  FST_ERR_BAD_URL: { status: 400, body: errorBody('request', 'has a malformed URL') },
  FST_ERR_MAX_PARAM_LENGTH: { status: 414, body: errorBody('request', 'has a URL that is too long') },
};

/** Returns the response for any thrown value. It reveals no internals of the server. */
export function toHttpError(thrown: unknown): HttpError {
  if (thrown instanceof SeamError) return fromSeamError(thrown);
  if (thrown instanceof HttpException) return fromHttpException(thrown);
  const { code, statusCode } = (thrown ?? {}) as { code?: unknown; statusCode?: unknown };
  const known = typeof code === 'string' ? FRAMEWORK[code] : undefined;
  if (known) return known;
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) return fromStatus(statusCode);
  return { ...INTERNAL, unexpected: true };
}

function fromSeamError({ code, data }: SeamError): HttpError {
  const builtIn = BUILT_IN[code];
  if (builtIn) return builtIn;
  const [resource = 'server', reason = ''] = code.split('/');
  if (reason === 'too-many')
    return tooMany(resource, (data as { retryAfter?: number } | undefined)?.retryAfter);
  const { status, message } = REASONS[reason] ?? { status: 422, message: reason.replaceAll('-', ' ') };
  return { status, body: errorBody(resource, message) };
}

function tooMany(resource: string, seconds = 60): HttpError {
  const retryAfter = Math.max(1, Math.ceil(seconds));
  const message = `too many attempts, try again in ${retryAfter} seconds`;
  return { status: 429, body: errorBody(resource, message), retryAfter };
}

function fromHttpException(exception: HttpException): HttpError {
  const status = exception.getStatus();
  const cause = exception.cause as { code?: string } | undefined;
  const known = cause?.code === undefined ? undefined : FRAMEWORK[cause.code];
  if (known) return known;
  const response = exception.getResponse();
  if (typeof response === 'object' && 'errors' in response) return { status, body: response as ErrorBody };
  return fromStatus(status);
}

function fromStatus(status: number): HttpError {
  if (status === 404) return { status, body: errorBody('route', 'not found') };
  const text = (STATUS_CODES[status] ?? 'refused').toLowerCase();
  return { status, body: errorBody(status >= 500 ? 'server' : 'request', text) };
}

export function errorBody(subject: string, message: string): ErrorBody {
  return { errors: { [subject]: [message] } };
}

export function sendHttpError(reply: FastifyReply, { status, body, retryAfter }: HttpError): void {
  if (retryAfter !== undefined) void reply.header('retry-after', retryAfter);
  keepConnection(reply);
  void reply.code(status).header('content-type', JSON_TYPE).send(JSON.stringify(body));
}

/**
 * Fastify closes the connection when it refuses a body, also while the client still sends it: that client would lose the response.
 * Node reads the rest, for as long as a request may take to arrive. What closes connections by intent sets the header of Node's response.
 */
function keepConnection(reply: FastifyReply): void {
  const intended = reply.raw.getHeader('connection');
  void reply.removeHeader('connection');
  if (intended !== undefined) reply.raw.setHeader('connection', intended);
}
