import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const SANE = /^[A-Za-z0-9._-]{1,64}$/;
const process = randomBytes(6).toString('base64url');
let requests = 0;

/** The caller's `x-request-id` where it is sane, else an id that no other process gives: its own name and a count. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  if (typeof given === 'string' && SANE.test(given)) return given;
  requests += 1;
  return `${process}-${requests.toString(36)}`;
}

/** The caller's W3C trace context, where it is one. */
export function traceparentOf({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
  const given = headers['traceparent'];
  if (given === undefined) return undefined;
  return typeof given === 'string' && /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/.test(given)
    ? given
    : undefined;
}
