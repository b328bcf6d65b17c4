import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const VALID = /^[A-Za-z0-9._-]{1,64}$/;
const processId = randomBytes(6).toString('base64url');
let requests = 0;

/** Returns the client's `x-request-id` if it is valid, else a unique id: a random id of this process and a counter. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  if (typeof given === 'string' && VALID.test(given)) return given;
  requests += 1;
  return `${processId}-${requests.toString(36)}`;
}
