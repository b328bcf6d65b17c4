import { SeamError } from '@tearline/seam';
import type { FastifyReply, FastifyRequest } from 'fastify';

const HEADER = 'idempotency-key';
const VALID = /^[\x21-\x7e]{1,255}$/;

type RequestHead = Pick<FastifyRequest, 'method' | 'headers'>;

/** Returns the idempotency key of a write; undefined for reads, and for an invalid key. */
export function idempotencyKeyOf({ method, headers }: RequestHead): string | undefined {
  const given = headers[HEADER];
  if (given === undefined || method === 'GET' || method === 'HEAD') return undefined;
  return typeof given === 'string' && VALID.test(given) ? given : undefined;
}

/** Rejects an invalid key: if it were ignored, a repeated write would take effect twice. */
export function rejectInvalidKey(
  request: RequestHead,
  _reply: FastifyReply,
  done: (error?: Error) => void,
): void {
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const isValid = isRead || request.headers[HEADER] === undefined || idempotencyKeyOf(request) !== undefined;
  done(isValid ? undefined : new SeamError('idempotency-key/invalid-key'));
}
