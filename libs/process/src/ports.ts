import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { get } from 'node:http';
import { createServer } from 'node:net';
import getPort from 'get-port';
import { UsageError } from './script.js';

/**
 * Below the ports that operating systems assign by themselves (Linux from 32,768, others from 49,152): a process binds its
 * port some time after the search, and no outgoing connection may take it meanwhile. Random, because several runners
 * search at the same time.
 */
const MIN_PORT = 20_000;
const MAX_PORT = 32_767;
const MAX_ATTEMPTS = 1_000;

function* candidates(): Generator<number> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) yield randomInt(MIN_PORT, MAX_PORT + 1);
}

/** Returns free ports of 127.0.0.1. One process never gets the same port twice. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count)
    ports.push(await getPort({ host: '127.0.0.1', port: candidates(), reserve: true }));
  return ports;
}

/**
 * Returns the given port, or a free one for 0.
 * @throws UsageError when the address cannot be listened on
 */
export async function portToListenOn(port: number, host: string): Promise<number> {
  const chosen = port === 0 ? (await freePorts(1))[0]! : port;
  const server = createServer().listen(chosen, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const { message } = error as Error;
    throw new UsageError(`PORT: cannot listen on ${host}:${chosen} (${message}); set another port`);
  }
  await once(server.close(), 'close');
  return chosen;
}

/** Returns whether the host at a URL answers a path with 200. */
export function isReady(url: string, path = '/health/ready'): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  // No keep-alive: a host that shuts down waits for open connections.
  const signal = AbortSignal.timeout(3_000);
  get(`${url}${path}`, { agent: false, signal }, (response) => {
    response.resume();
    resolve(response.statusCode === 200);
  }).on('error', () => resolve(false));
  return promise;
}
