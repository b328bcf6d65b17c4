import { lookup } from 'node:dns/promises';
import type { HostDescription } from '../about.js';

const TIMEOUT_MS = 1_000;
const FRESH_MS = 1_000;

export type ReplicaHealth = 'ready' | 'not ready' | 'no answer';

/**
 * Whether the replicas of all hosts are ready. However many ask, it sends one request a second to each replica at most.
 */
export class TopologyHealth {
  #latest: Promise<ReadonlyMap<string, readonly ReplicaHealth[]>> | undefined;

  constructor(private readonly hosts: readonly HostDescription[]) {}

  /** Returns the health of each replica, by the name of the host. */
  read(): Promise<ReadonlyMap<string, readonly ReplicaHealth[]>> {
    this.#latest ??= this.#probeAll().finally(() => {
      setTimeout(() => (this.#latest = undefined), FRESH_MS).unref();
    });
    return this.#latest;
  }

  async #probeAll(): Promise<ReadonlyMap<string, readonly ReplicaHealth[]>> {
    const health = this.hosts.map(async ({ name, urls }) => {
      const replicas = (await Promise.all(urls.map(addressesOf))).flat();
      return [name, await Promise.all(replicas.map(probe))] as const;
    });
    return new Map(await Promise.all(health));
  }
}

/** Returns one URL for each address of the name in a URL. */
async function addressesOf(url: string): Promise<string[]> {
  const { protocol, hostname, port } = new URL(url);
  const found = await lookup(hostname.replace(/^\[|\]$/g, ''), { all: true }).catch(() => []);
  if (found.length === 0) return [url];
  return found.map(
    ({ address, family }) => `${protocol}//${family === 6 ? `[${address}]` : address}:${port || '80'}`,
  );
}

async function probe(url: string): Promise<ReplicaHealth> {
  try {
    const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    await response.body?.cancel();
    return response.ok ? 'ready' : 'not ready';
  } catch {
    return 'no answer';
  }
}
