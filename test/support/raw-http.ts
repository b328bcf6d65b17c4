import { request } from 'node:http';
import { connect } from 'node:net';
import { type Reply, replyOf } from './api-client.js';

export interface RawRequest {
  method: string;
  /** Put on the request line as it is: no normalisation, no escaping. */
  path: string;
  headers?: Record<string, string>;
  /** Several chunks go out with `Transfer-Encoding: chunked` unless the headers name a content length. */
  body?: string | Buffer | Buffer[];
  /** The address that the request comes from. */
  localAddress?: string;
}

/**
 * Sends what `fetch` refuses to send or would tidy up. Settles on the answer's head and body even when the server
 * answers before it has read all of the request.
 */
export function sendRaw(baseUrl: string, raw: RawRequest, within = 20_000): Promise<Reply> {
  const { hostname, port } = new URL(baseUrl);
  const chunks = raw.body === undefined ? [] : Array.isArray(raw.body) ? raw.body : [Buffer.from(raw.body)];
  const length = Array.isArray(raw.body) ? {} : { 'content-length': String(chunks[0]?.length ?? 0) };
  return new Promise((resolve, reject) => {
    const req = request({
      hostname,
      port,
      method: raw.method,
      path: raw.path,
      headers: { ...length, ...raw.headers },
      agent: false,
      ...(raw.localAddress && { localAddress: raw.localAddress }),
      signal: AbortSignal.timeout(within),
    });
    let answered = false;
    // A server may refuse a large body by its head and close: the broken pipe that follows is not the outcome.
    req.on('error', (error) => {
      if (!answered) {
        reject(error);
      }
    });
    req.on('response', (res) => {
      answered = true;
      const received: Buffer[] = [];
      const finish = () => {
        const headers = new Headers();
        for (const [name, values] of Object.entries(res.headersDistinct)) {
          for (const value of values ?? []) {
            headers.append(name, value);
          }
        }
        resolve(replyOf(res.statusCode ?? 0, headers, Buffer.concat(received).toString()));
        req.destroy();
      };
      res.on('data', (chunk: Buffer) => received.push(chunk));
      res.on('end', finish);
      res.on('error', reject);
    });
    for (const chunk of chunks) {
      req.write(chunk);
    }
    req.end();
  });
}

/** Writes bytes to the server's socket and reads the one answer that comes before the server hangs up. */
export function sendBytes(baseUrl: string, bytes: string | Buffer, within = 20_000): Promise<Reply> {
  const { hostname, port } = new URL(baseUrl);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) || 80 }, () => socket.write(bytes));
    const received: Buffer[] = [];
    const timer = setTimeout(() => socket.destroy(new Error(`no answer within ${within} ms`)), within);
    socket.on('data', (chunk) => received.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      const [head = '', ...rest] = Buffer.concat(received).toString().split('\r\n\r\n');
      const [statusLine = '', ...lines] = head.split('\r\n');
      const headers = new Headers(
        lines.map((line): [string, string] => {
          const colon = line.indexOf(':');
          return [line.slice(0, colon), line.slice(colon + 1).trim()];
        }),
      );
      resolve(replyOf(Number(statusLine.split(' ')[1]), headers, rest.join('\r\n\r\n')));
    });
  });
}
