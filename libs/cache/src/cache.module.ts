import { CACHE_MANAGER, type Cache, CacheModule as NestCacheModule } from '@nestjs/cache-manager';
import { type DynamicModule, type InjectionToken, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { ConsistencyLevel, SessionStore } from '@tearline/seam';
import { Keyv } from 'keyv';
import { Registry } from 'prom-client';
import { registerCacheMetrics } from './cache-metrics.js';
import type { CACHE_MODES } from './cache-settings.js';
import { EntryFetcher } from './entry-fetcher.js';
import { InvalidationLog } from './invalidation-log.js';
import { type Broadcaster, Invalidator } from './invalidator.js';
import { MemoryStore } from './memory-store.js';
import { ReadCache } from './read-cache.js';
import type { RedisStore } from './redis-store.js';

export interface CacheModuleOptions {
  readonly mode: (typeof CACHE_MODES)[number];
  /** Size of the first level in MiB; 64 by default. */
  readonly memoryMib?: number | undefined;
  /** The Redis of the second level, which hosts share; for the mode `on`. */
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
    const { broadcaster, sessions, consistency: defaultLevel = 'session' } = options;
    const registry = { token: Registry, optional: true };
    const module = { module: CacheModule, global: true, exports: [ReadCache] };
    if (options.mode === 'off') {
      const useFactory = (metrics?: Registry) => withMetrics(metrics, new ReadCache(undefined));
      return { ...module, providers: [{ provide: ReadCache, inject: [registry], useFactory }] };
    }
    return {
      ...module,
      imports: [NestCacheModule.registerAsync({ useFactory: () => openStores(options) })],
      providers: [
        {
          provide: ReadCache,
          inject: [CACHE_MANAGER, registry, ...(broadcaster ? [broadcaster] : [])],
          useFactory(cache: Cache, metrics?: Registry, broadcasts?: Broadcaster) {
            // Beside Nest's cache, which uses the stores through Keyv, the library uses them directly.
            const [memory, redis] = cache.stores.map(({ store }) => store as unknown) as Stores;
            const { invalidations } = memory;
            const fetcher = new EntryFetcher(cache, memory, redis, invalidations);
            const invalidator = new Invalidator(invalidations, memory, redis, broadcasts);
            const parts = { memory, fetcher, invalidations, invalidator, sessions, defaultLevel };
            return withMetrics(metrics, new ReadCache(parts), memory, redis);
          },
        },
      ],
    };
  }

  onApplicationShutdown(): void {
    this.cache.close();
  }
}

type Stores = [memory: MemoryStore, redis?: RedisStore];

async function openStores({ mode, memoryMib = 64, redisUrl }: CacheModuleOptions) {
  const memory = new MemoryStore(memoryMib * 1_048_576, new InvalidationLog());
  const first = new Keyv({ store: memory, useKeyPrefix: false });
  // Entries stay objects in memory; by default Keyv serializes every write and parses every read.
  first.serialize = undefined;
  first.deserialize = undefined;
  if (mode === 'memory' || !redisUrl) return { stores: [first] };
  // Imported late because it takes 0.2 s to load.
  const { RedisStore } = await import('./redis-store.js');
  const redis = new RedisStore(redisUrl);
  await redis.connect();
  const second = new Keyv({ store: redis, namespace: 'tearline:cache' });
  second.serialize = JSON.stringify;
  second.deserialize = (text) => JSON.parse(text) as never;
  return { stores: [first, second] };
}

function withMetrics(
  registry: Registry | undefined,
  cache: ReadCache,
  ...[memory, redis]: Partial<Stores>
): ReadCache {
  if (registry) registerCacheMetrics(registry, cache.counters, memory, redis);
  return cache;
}
