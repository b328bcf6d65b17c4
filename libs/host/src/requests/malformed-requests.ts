import { SeamError } from '@tearline/seam';
import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * Rejects requests that Node.js and fastify let through: a query string that is not percent-encoded UTF-8, as fastify does
 * with paths, and HTTP/1.1 without `Host`, which Node.js answers in another form.
 */
export function rejectMalformed(
  { raw }: FastifyRequest,
  _reply: FastifyReply,
  done: (error?: Error) => void,
): void {
  if (raw.headers.host === undefined && raw.httpVersion === '1.1')
    done(new SeamError('request/has-no-host-header'));
  else if (!isDecodable(raw.url!)) done(new SeamError('request/has-a-malformed-url'));
  else done();
}

function isDecodable(url: string): boolean {
  const query = url.indexOf('?');
  if (query < 0 || !url.includes('%', query)) return true;
  try {
    decodeURIComponent(url.slice(query));
    return true;
  } catch {
    return false;
  }
}
