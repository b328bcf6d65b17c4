import { SeamError } from '@tearline/seam';
import type { FastifyReply, FastifyRequest } from 'fastify';

const HEADER = 'idempotency-key';
const SANE = /^[\x21-\x7e]{1,255}$/;

type Headers = Pick<FastifyRequest, 'method' | 'headers'>;

/** The key under which a write may be repeated and takes effect once; reads need none. */
export function idempotencyKeyOf({ method, headers }: Headers): string | undefined {
  const given = headers[HEADER];
  if (given === undefined || method === 'GET' || method === 'HEAD') return undefined;
  return typeof given === 'string' && SANE.test(given) ? given : undefined;
}

/** A key that cannot be honoured is refused: without it the write would take effect twice, unnoticed. */
export function rejectInvalidKey(
  request: Headers,
  _reply: FastifyReply,
  done: (error?: Error) => void,
): void {
  const isBad =
    request.headers[HEADER] !== undefined && request.method !== 'GET' && request.method !== 'HEAD';
  if (isBad && idempotencyKeyOf(request) === undefined) {
    done(new SeamError('idempotency-key/invalid-key'));
  } else {
    done();
  }
}
