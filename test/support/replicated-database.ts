import type { EmbeddedOptions, EmbeddedPostgres } from '@tearline/embedded';
import { startPostgres } from './postgres.js';

/** A primary with replicas in a temporary folder, and what an app has to know of them. */
export interface ReplicatedDatabase {
  readonly embedded: EmbeddedPostgres;
  readonly env: Record<string, string>;
  stop(): Promise<void>;
}

/** @param delays milliseconds that each replica is behind on purpose */
export async function startReplicated(
  delays: readonly number[],
  options: Partial<EmbeddedOptions> = {},
): Promise<ReplicatedDatabase> {
  const embedded = await startPostgres({ replicas: delays.length, maxConnections: 200, ...options });
  for (const [index, delay] of delays.entries()) if (delay > 0) await embedded.replicas[index]!.delay(delay);
  const hosts = [embedded, ...embedded.replicas].map(({ port }) => `127.0.0.1:${port}`);
  const url = new URL(embedded.url);
  return {
    embedded,
    env: {
      DATABASE_URL: url.href.replace(url.host, hosts.join()),
      DATABASE_REPLICA_URLS: hosts
        .slice(1)
        .map((host) => `postgres://${host}`)
        .join(),
    },
    stop: embedded.stop,
  };
}

/** The reads that processes have counted, by server and by whether that was a replica. */
export async function readsOf(
  processes: readonly string[],
): Promise<{ server: string; route: string; reads: number }[]> {
  const sums = new Map<string, number>();
  for (const url of processes) {
    const text = await (await fetch(`${url}/metrics`)).text();
    for (const [, server, route, count] of text.matchAll(
      /^database_reads_total\{.*server="(.+?)",route="(.+?)"\} (\d+)$/gm,
    )) {
      const key = `${server}\t${route}`;
      sums.set(key, (sums.get(key) ?? 0) + Number(count));
    }
  }
  return [...sums].map(([key, reads]) => {
    const [server, route] = key.split('\t');
    return { server: server!, route: route!, reads };
  });
}
