import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { UsageError } from '../usage-error.js';

/**
 * Out of what operating systems hand out by themselves (Linux from 32,768 on, others from 49,152): a port is bound some
 * time after it was found free, and nobody shall get it by chance meanwhile.
 */
const FIRST = 20_000;
const LAST = 32_767;
const TRIES = 1_000;
const given = new Set<number>();

/** Ports of this machine that nobody listens on; this process gets none of them twice. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let tries = 0; ports.length < count; tries += 1) {
    if (tries === TRIES) throw new Error(`found no ${count} free ports from ${FIRST} to ${LAST}`);
    const port = randomInt(FIRST, LAST + 1);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  await once(server.close(), 'close');
  return true;
}

/** The port asked for, or for 0 any free one. @throws UsageError when it cannot be listened on */
export async function chosenPort(port: number, host: string): Promise<number> {
  const chosen = port === 0 ? (await freePorts(1))[0]! : port;
  const server = createServer().listen(chosen, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new UsageError(
      `PORT: cannot listen on ${host}:${chosen} (${(error as Error).message}); set another one`,
    );
  }
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
