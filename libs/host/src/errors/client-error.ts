import type { Socket } from 'node:net';
import { STATUS_CODES } from 'node:http';
import { errorBody } from './http-error.js';

const RESPONSES: Readonly<Record<string, readonly [status: number, message: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'took too long to arrive'],
  HPE_HEADER_OVERFLOW: [431, 'has headers that are too large'],
};

/** Responds to malformed HTTP and to heads over the limits. These never become a request, so this writes to the socket. */
export function respondToClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const [status, message] = RESPONSES[error.code ?? ''] ?? [400, 'is not valid HTTP'];
  if (socket.writable) {
    const body = JSON.stringify(errorBody('request', message));
    socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json; charset=utf-8\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  }
  socket.destroy(error);
}
