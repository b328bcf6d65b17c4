import type { Socket } from 'node:net';
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { JSON_TYPE } from '../server/json-bodies.js';
import { requestIdOf } from '../requests/request-id.js';
import { errorBody } from './http-error.js';

/** Returns the headers of every response to an origin. */
type HeadersFor = (origin: string | undefined) => Readonly<Record<string, string>>;

/** Statuses by the code of Node.js. */
export const RESPONSES: Readonly<Record<string, readonly [status: number, message: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'took too long to arrive'],
  HPE_HEADER_OVERFLOW: [431, 'has headers that are too large'],
};
const MALFORMED = [400, 'is not valid HTTP'] as const;

/** Responds to malformed HTTP and to heads over the limits. These never become a request, so this writes to the socket. */
export function respondToClientError(
  error: Error & { code?: string; rawPacket?: unknown },
  socket: Socket,
  headersFor: HeadersFor,
): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const [status, message] = RESPONSES[error.code ?? ''] ?? MALFORMED;
  if (socket.writable) {
    const body = JSON.stringify(errorBody('request', message));
    const received = Buffer.isBuffer(error.rawPacket) ? error.rawPacket.toString('latin1') : '';
    const headers = {
      ...headersFor(/^origin: *(\S+)\r?$/im.exec(received)?.[1]),
      'content-type': JSON_TYPE,
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
  }
  socket.destroy(error);
}

/** Responds to an `Expect` header that is not `100-continue`, which Node.js answers without a body. */
export function respondToExpectation(
  request: IncomingMessage,
  response: ServerResponse,
  headersFor: HeadersFor,
): void {
  const body = JSON.stringify(errorBody('request', 'expects something other than 100-continue'));
  response
    .writeHead(417, {
      ...headersFor(request.headers.origin),
      'content-type': JSON_TYPE,
      'content-length': Buffer.byteLength(body),
      'x-request-id': requestIdOf(request),
      connection: 'close',
    })
    .end(body);
}
