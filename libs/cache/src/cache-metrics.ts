import { Counter, Gauge, type Registry } from 'prom-client';
import type { EdgeCache } from './cdn/edge-cache.js';
import type { MemoryStore } from './memory-store.js';
import type { RedisStore } from './redis-store.js';

/** Counts of one cache. */
export class CacheCounters {
  /** Reads by where the value came from; `coalesced`: from another reader's fetch; `bypassed`: loaded without the cache. */
  readonly reads = { memory: 0, redis: 0, coalesced: 0, loaded: 0, bypassed: 0 };
  staleReads = 0;
  refreshes = 0;
  loadFailures = 0;
}

export type ReadResult = keyof CacheCounters['reads'];

/** The counters of each cache, by its name. */
export class CountersByCache extends Map<string, CacheCounters> {
  of(name: string): CacheCounters {
    const known = this.get(name);
    if (known) return known;
    const counters = new CacheCounters();
    this.set(name, counters);
    return counters;
  }
}

type Sample = readonly [labels: Record<string, string>, value: number];

/** Registers metrics that read a process's counters by cache when they are scraped. */
export function registerCacheMetrics(
  registry: Registry,
  counters: CountersByCache,
  edges: readonly EdgeCache[],
  memory?: MemoryStore,
  redis?: RedisStore,
): void {
  const metric = (
    Type: typeof Counter | typeof Gauge,
    name: string,
    help: string,
    labelNames: readonly string[],
    samples: () => readonly Sample[],
  ) =>
    new Type({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        for (const [labels, value] of samples()) this.inc(labels, value);
      },
    });
  const counter = (name: string, help: string, valueOf: (counters: CacheCounters) => number) =>
    metric(Counter, name, help, ['cache'], () =>
      [...counters].map(([cache, each]) => [{ cache }, valueOf(each)]),
    );
  const gauge = (name: string, help: string, value: () => number) =>
    metric(Gauge, name, help, [], () => [[{}, value()]]);

  const results = 'memory, redis, coalesced (with a fetch in progress), loaded, bypassed';
  metric(Counter, 'cache_reads_total', `Reads by result: ${results}`, ['cache', 'result'], () =>
    [...counters].flatMap(([cache, { reads }]) =>
      Object.entries(reads).map(([result, count]): Sample => [{ cache, result }, count]),
    ),
  );
  counter('cache_stale_reads_total', 'Reads that returned a stale value', (of) => of.staleReads);
  counter('cache_refreshes_total', 'Stale values that were reloaded in the background', (of) => of.refreshes);
  counter('cache_load_failures_total', 'Loads that failed', (of) => of.loadFailures);
  if (edges.length > 0) {
    const outcomes =
      'Requests to an edge cache to purge keys, by result: acknowledged, failed (and repeated)';
    metric(Counter, 'cache_purges_total', outcomes, ['edge', 'result'], () =>
      edges.flatMap(({ url: edge, purges }) =>
        Object.entries(purges).map(([result, count]): Sample => [{ edge, result }, count]),
      ),
    );
    const oldest = 'Age of the oldest purge that an edge cache has not acknowledged, 0 without one';
    metric(Gauge, 'cache_purges_oldest_seconds', oldest, ['module', 'edge'], () =>
      edges.flatMap(({ url: edge, lags }) =>
        [...lags].map(([module, seconds]): Sample => [{ module, edge }, seconds]),
      ),
    );
  }
  if (!memory) return;
  gauge('cache_memory_bytes', 'Estimated size of the entries in memory', () => memory.bytes);
  gauge('cache_memory_entries', 'Entries in memory', () => memory.entryCount);
  if (!redis) return;
  gauge('cache_redis_up', 'Whether Redis answers the cache: 1 or 0', () => Number(redis.isUp));
  const errors = 'Commands that Redis did not answer in time, or with an error';
  metric(Counter, 'cache_redis_errors_total', errors, [], () => [[{}, redis.errorCount]]);
}
