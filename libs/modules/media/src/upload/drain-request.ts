import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream/promises';
import { MEDIA_FILE_BYTES } from '../contract.js';

const DRAIN_TIMEOUT_MS = 2_000;

/**
 * Reads on for a moment what nobody wants any more. Were the connection closed while a client still writes, its
 * operating system would throw away the answer with the connection.
 * @returns whether all of it has come
 */
export async function drainRequest(request: IncomingMessage): Promise<boolean> {
  let left = MEDIA_FILE_BYTES;
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), DRAIN_TIMEOUT_MS);
  const count = ({ length }: Buffer) => {
    left -= length;
    if (left < 0) patience.abort();
  };
  request.on('data', count);
  request.resume();
  try {
    await finished(request, { signal: patience.signal, cleanup: true });
  } catch {
    // It took too long, was too much, or the client has left.
  } finally {
    clearTimeout(timer);
    request.off('data', count);
  }
  return request.complete;
}
