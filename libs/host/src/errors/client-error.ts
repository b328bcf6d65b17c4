import type { Socket } from 'node:net';
import { STATUS_CODES } from 'node:http';
import { errorBody } from './http-error.js';

const ANSWERS: Readonly<Record<string, readonly [status: number, message: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'took too long to arrive'],
  HPE_HEADER_OVERFLOW: [431, 'has headers that are too large'],
};

/** Answers what is not HTTP, or too much of it: no request comes of it, there is only the socket to write to. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const [status, message] = ANSWERS[error.code ?? ''] ?? [400, 'is not valid HTTP'];
  if (socket.writable) {
    const body = JSON.stringify(errorBody('request', message));
    socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json; charset=utf-8\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  }
  socket.destroy(error);
}
