import { once } from 'node:events';
import { get } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { UsageError } from '../usage-error.js';

/** Ports of this machine that nobody listens on, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

/** The port asked for, or for 0 any free one. @throws UsageError when somebody listens there */
export async function chosenPort(port: number, host: string): Promise<number> {
  const server = createServer().listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new UsageError(
      `PORT: cannot listen on ${host}:${port} (${(error as Error).message}); set another one`,
    );
  }
  const { port: chosen } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return chosen;
}

/** Whether what listens at an address says that it may be sent requests. */
export function isReady(url: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  // A connection of its own, which does not stay: a host that ends waits for those that do.
  const signal = AbortSignal.timeout(3_000);
  get(`${url}/health/ready`, { agent: false, signal }, (response) => {
    response.resume();
    resolve(response.statusCode === 200);
  }).on('error', () => resolve(false));
  return promise;
}
