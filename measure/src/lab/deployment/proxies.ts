import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { NetworkState } from './delay-proxy.js';

/** The parameters of the thread. */
export interface ProxyThreadData {
  readonly ports: readonly number[];
  readonly state: SharedArrayBuffer;
}

/** Proxies in a thread of their own, so that they take no time of the load generator. */
export interface Proxies {
  readonly network: NetworkState;
  /** The port of each proxy by the port behind it. */
  readonly ports: ReadonlyMap<number, number>;
  readonly close: () => Promise<unknown>;
}

/** Starts a proxy in front of each port. */
export async function startProxies(ports: readonly number[]): Promise<Proxies> {
  const state = new SharedArrayBuffer(16);
  const thread = new Worker(join(import.meta.dirname, 'proxy-thread.js'), { workerData: { ports, state } });
  const [own] = (await once(thread, 'message')) as [number[]];
  return {
    network: new NetworkState(state),
    ports: new Map(ports.map((port, index) => [port, own[index]!])),
    close: () => thread.terminate(),
  };
}
