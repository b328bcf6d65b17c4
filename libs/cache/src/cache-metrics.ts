import { Counter, Gauge, type Registry } from 'prom-client';
import type { MemoryLevel } from './memory-level.js';
import type { ReadCache } from './read-cache.js';
import type { RedisLevel } from './redis-level.js';

/** Tells how the cache of a process is doing, whenever somebody asks. */
export function measureCache(
  registry: Registry,
  cache: ReadCache,
  memory: MemoryLevel | undefined,
  redis: RedisLevel | undefined,
): void {
  const registers = [registry];
  const { counts } = cache;
  new Counter({
    name: 'cache_reads_total',
    help: 'Reads by how they were served: from memory, from redis, waited for a load under way, loaded, bypassed',
    labelNames: ['what', 'by'],
    registers,
    collect() {
      this.reset();
      for (const [what, { outcomes }] of counts)
        for (const [by, count] of outcomes) this.inc({ what, by }, count);
    },
  });
  const counter = (name: string, help: string, field: 'stale' | 'refreshed' | 'failed') =>
    new Counter({
      name,
      help,
      labelNames: ['what'],
      registers,
      collect() {
        this.reset();
        for (const [what, each] of counts) this.inc({ what }, each[field]);
      },
    });
  counter('cache_stale_total', 'Reads that were served what was due to be fetched anew', 'stale');
  counter('cache_refreshes_total', 'Values that were fetched anew behind their readers', 'refreshed');
  counter('cache_failures_total', 'Loads that failed', 'failed');
  if (!memory) return;
  new Gauge({
    name: 'cache_memory_bytes',
    help: 'Memory that the entries take, roughly',
    registers,
    collect() {
      this.set(memory.bytes);
    },
  });
  new Gauge({
    name: 'cache_memory_entries',
    help: 'Entries in memory',
    registers,
    collect() {
      this.set(memory.entries);
    },
  });
  if (!redis) return;
  new Gauge({
    name: 'cache_redis_up',
    help: 'Whether Redis answers the cache',
    registers,
    collect() {
      this.set(redis.isUp ? 1 : 0);
    },
  });
  new Counter({
    name: 'cache_redis_errors_total',
    help: 'What Redis did not answer, or too late',
    registers,
    collect() {
      this.reset();
      this.inc(redis.errors);
    },
  });
}
