import { Counter, Gauge, type Registry } from 'prom-client';
import type { MemoryStore } from './memory-store.js';
import type { RedisStore } from './redis-store.js';

/** Counts of one cache. */
export class CacheCounters {
  /** Reads by where the value came from; `coalesced`: from another reader's load; `bypassed`: loaded without the cache. */
  readonly reads = { memory: 0, redis: 0, coalesced: 0, loaded: 0, bypassed: 0 };
  staleReads = 0;
  refreshes = 0;
  loadFailures = 0;
}

export type ReadResult = keyof CacheCounters['reads'];

/** Registers metrics that read a process's counters by cache when they are scraped. */
export function registerCacheMetrics(
  registry: Registry,
  counters: ReadonlyMap<string, CacheCounters>,
  memory?: MemoryStore,
  redis?: RedisStore,
): void {
  const registers = [registry];
  new Counter({
    name: 'cache_reads_total',
    help: 'Reads by result: memory, redis, coalesced (with a load in progress), loaded, bypassed',
    labelNames: ['cache', 'result'],
    registers,
    collect() {
      this.reset();
      for (const [cache, { reads }] of counters)
        for (const [result, count] of Object.entries(reads)) this.inc({ cache, result }, count);
    },
  });
  const counter = (name: string, help: string, field: 'staleReads' | 'refreshes' | 'loadFailures') =>
    new Counter({
      name,
      help,
      labelNames: ['cache'],
      registers,
      collect() {
        this.reset();
        for (const [cache, each] of counters) this.inc({ cache }, each[field]);
      },
    });
  counter('cache_stale_reads_total', 'Reads that returned a stale value', 'staleReads');
  counter('cache_refreshes_total', 'Stale values that were reloaded in the background', 'refreshes');
  counter('cache_load_failures_total', 'Loads that failed', 'loadFailures');
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  if (!memory) return;
  gauge('cache_memory_bytes', 'Estimated size of the entries in memory', () => memory.bytes);
  gauge('cache_memory_entries', 'Entries in memory', () => memory.entryCount);
  if (!redis) return;
  gauge('cache_redis_up', 'Whether Redis answers the cache: 1 or 0', () => Number(redis.isUp));
  new Counter({
    name: 'cache_redis_errors_total',
    help: 'Commands that Redis did not answer in time, or with an error',
    registers,
    collect() {
      this.reset();
      this.inc(redis.errorCount);
    },
  });
}
