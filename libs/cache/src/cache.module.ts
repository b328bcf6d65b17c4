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

interface CacheStores {
  readonly invalidations: InvalidationLog;
  readonly memory: MemoryStore;
  readonly redis: RedisStore | undefined;
}

const STORES = Symbol('cache stores');

/** Provides the stores of Nest's cache, which uses them through Keyv, to {@link CacheModule}, which also uses them directly. */
@Module({})
class StoresModule {}

/** Provides the {@link ReadCache} of a process, for all its modules. */
@Module({})
export class CacheModule implements OnApplicationShutdown {
  constructor(private readonly cache: ReadCache) {}

  /** To be imported once, by the application. */
  static forRoot(options: CacheModuleOptions): DynamicModule {
    const { broadcaster, sessions, consistency: defaultLevel = 'session' } = options;
    const registry = { token: Registry, optional: true };
    if (options.mode === 'off') {
      const useFactory = (metrics?: Registry) => withMetrics(new ReadCache(undefined), undefined, metrics);
      const provider = { provide: ReadCache, inject: [registry], useFactory };
      return { module: CacheModule, global: true, providers: [provider], exports: [ReadCache] };
    }
    const storesModule: DynamicModule = {
      module: StoresModule,
      providers: [{ provide: STORES, useFactory: () => openStores(options) }],
      exports: [STORES],
    };
    return {
      module: CacheModule,
      global: true,
      imports: [
        storesModule,
        NestCacheModule.registerAsync({ imports: [storesModule], inject: [STORES], useFactory: keyvStores }),
      ],
      providers: [
        {
          provide: ReadCache,
          inject: [CACHE_MANAGER, STORES, registry, ...(broadcaster ? [broadcaster] : [])],
          useFactory(cache: Cache, stores: CacheStores, metrics?: Registry, broadcasts?: Broadcaster) {
            const { invalidations, memory, redis } = stores;
            const fetcher = new EntryFetcher(cache, memory, redis, invalidations);
            const invalidator = new Invalidator(invalidations, memory, redis, broadcasts);
            const options = { memory, fetcher, invalidations, invalidator, sessions, defaultLevel };
            return withMetrics(new ReadCache(options), stores, metrics);
          },
        },
      ],
      exports: [ReadCache],
    };
  }

  onApplicationShutdown(): void {
    this.cache.close();
  }
}

async function openStores({ mode, memoryMib = 64, redisUrl }: CacheModuleOptions): Promise<CacheStores> {
  const invalidations = new InvalidationLog();
  const memory = new MemoryStore(memoryMib * 1_048_576, invalidations);
  if (mode === 'memory' || !redisUrl) return { invalidations, memory, redis: undefined };
  // Imported late because it takes 0.2 s to load.
  const { RedisStore } = await import('./redis-store.js');
  const redis = new RedisStore(redisUrl);
  await redis.connect();
  return { invalidations, memory, redis };
}

function keyvStores({ memory, redis }: CacheStores) {
  // Entries stay objects in memory; by default Keyv serializes every write and parses every read.
  const first = new Keyv({ store: memory, useKeyPrefix: false });
  first.serialize = undefined;
  first.deserialize = undefined;
  if (!redis) return { stores: [first] };
  const second = new Keyv({ store: redis, namespace: 'tearline:cache' });
  second.serialize = JSON.stringify;
  second.deserialize = (text) => JSON.parse(text) as never;
  return { stores: [first, second] };
}

function withMetrics(
  cache: ReadCache,
  stores: CacheStores | undefined,
  registry: Registry | undefined,
): ReadCache {
  if (registry) registerCacheMetrics(registry, cache.counters, stores?.memory, stores?.redis);
  return cache;
}
