import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream/promises';
import { MEDIA_FILE_BYTES } from '../contract.js';

const DRAIN_TIMEOUT_MS = 2_000;

/**
 * Reads and discards the rest of a rejected request, within limits. If the connection closed while the client still writes, the
 * client's operating system would discard the response.
 * @returns whether the request was read to its end
 */
export async function drainRequest(request: IncomingMessage): Promise<boolean> {
  let left = MEDIA_FILE_BYTES;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), DRAIN_TIMEOUT_MS);
  const count = ({ length }: Buffer) => {
    left -= length;
    if (left < 0) limit.abort();
  };
  request.on('data', count);
  request.resume();
  try {
    await finished(request, { signal: limit.signal, cleanup: true });
  } catch {
    // The limit of time or bytes was reached, or the client disconnected.
  } finally {
    clearTimeout(timer);
    request.off('data', count);
  }
  return request.complete;
}
