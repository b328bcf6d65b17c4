import { type DynamicModule, type InjectionToken, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { ConsistencyLevel, SessionStore } from '@tearline/seam';
import { Registry } from 'prom-client';
import { CountersByCache, registerCacheMetrics } from './cache-metrics.js';
import type { CACHE_MODES } from './cache-settings.js';
import { EntryFetcher } from './entry-fetcher.js';
import { InvalidationLog } from './invalidation-log.js';
import { type Broadcaster, Invalidator } from './invalidator.js';
import { MemoryStore } from './memory-store.js';
import { ReadCache } from './read-cache.js';
import { RedisStore } from './redis-store.js';
import { MUST_LOAD, requiredPositions } from './required-positions.js';
import { ResponseCache } from './response-cache.js';
import { SingleFlight } from './single-flight.js';

export interface CacheModuleOptions {
  readonly mode: (typeof CACHE_MODES)[number];
  /** Size of the first level in MiB; 64 by default. */
  readonly memoryMib?: number | undefined;
  /** The Redis of the second level, which processes share; for the mode `on`. */
  readonly redisUrl?: string | undefined;
  /** Injection token of the {@link Broadcaster} that carries invalidations to the other processes. */
  readonly broadcaster?: InjectionToken<Broadcaster>;
  /** What callers have written; the store that the host and its databases use. */
  readonly sessions?: SessionStore;
  /** The consistency of calls that do not choose one; `session` by default. */
  readonly consistency?: ConsistencyLevel;
}

/** Provides the {@link ReadCache} of a process, for all its modules. */
@Module({})
export class CacheModule implements OnApplicationShutdown {
  constructor(private readonly cache: ReadCache) {}

  /** To be imported once, by the application. */
  static forRoot(options: CacheModuleOptions): DynamicModule {
    const inject = [
      { token: Registry, optional: true },
      ...(options.broadcaster ? [options.broadcaster] : []),
    ];
    const useFactory = (registry?: Registry, broadcaster?: Broadcaster) =>
      openCache(options, registry, broadcaster);
    return {
      module: CacheModule,
      global: true,
      providers: [{ provide: ReadCache, inject, useFactory }],
      exports: [ReadCache],
    };
  }

  onApplicationShutdown(): void {
    this.cache.close();
  }
}

async function openCache(
  options: CacheModuleOptions,
  registry: Registry | undefined,
  broadcaster: Broadcaster | undefined,
): Promise<ReadCache> {
  const { mode, memoryMib = 64, redisUrl, sessions, consistency: defaultLevel = 'session' } = options;
  const isOff = mode === 'off';
  const counters = new CountersByCache();
  const invalidations = new InvalidationLog();
  const memory = new MemoryStore(memoryMib * 1_048_576, invalidations);
  const redis = mode === 'on' && redisUrl ? new RedisStore(redisUrl) : undefined;
  await redis?.connect();
  const fetcher = new EntryFetcher(memory, redis, invalidations);
  if (registry) registerCacheMetrics(registry, counters, isOff ? undefined : memory, redis);
  const parts = {
    memory,
    redis,
    fetcher,
    singleFlight: new SingleFlight(fetcher, invalidations),
    invalidator: new Invalidator(memory, redis, isOff ? undefined : broadcaster),
    counters,
    requiredPositions: () => (isOff ? MUST_LOAD : requiredPositions(defaultLevel, sessions)),
  };
  const hasResponses = !isOff && defaultLevel !== 'strong';
  return new ReadCache(parts, hasResponses ? new ResponseCache(memory, counters) : undefined);
}
