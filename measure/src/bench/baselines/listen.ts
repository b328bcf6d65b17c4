import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Listens on a free port, and logs it as a host does. */
export function listen(answer: RequestListener): void {
  const server = createServer(answer).listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    logListening(`http://127.0.0.1:${port}`);
  });
}

/** Logs the address of a server as a host does. */
export const logListening = (url: string) =>
  process.stdout.write(`${JSON.stringify({ msg: 'listening', url })}\n`);
