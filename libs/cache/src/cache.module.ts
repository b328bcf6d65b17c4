import { CACHE_MANAGER, type Cache, CacheModule as NestCacheModule } from '@nestjs/cache-manager';
import { type DynamicModule, type InjectionToken, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { ConsistencyLevel, SessionStore } from '@tearline/seam';
import { Keyv } from 'keyv';
import { Registry } from 'prom-client';
import { measureCache } from './cache-metrics.js';
import type { CACHE_MODES } from './cache-settings.js';
import { Changes } from './changes.js';
import type { Broadcaster } from './broadcaster.js';
import { MemoryLevel } from './memory-level.js';
import { ReadCache } from './read-cache.js';
import type { RedisLevel } from './redis-level.js';

/** How a process caches. */
export interface CacheOptions {
  readonly mode: (typeof CACHE_MODES)[number];
  /** MiB of memory; 64 by default. */
  readonly mebibytes?: number | undefined;
  /** Where hosts keep values together; with `on`. */
  readonly redisUrl?: string | undefined;
  /** Under what the application provides the {@link Broadcaster} by which processes tell one another what has changed. */
  readonly broadcaster?: InjectionToken<Broadcaster>;
  /** Knows what callers have written; the same that the host and its databases have. */
  readonly sessions?: SessionStore;
  /** What reads see that do not say; what their caller has written by default. */
  readonly consistency?: ConsistencyLevel;
}

interface Levels {
  readonly changes: Changes;
  readonly memory: MemoryLevel;
  readonly redis: RedisLevel | undefined;
}

const LEVELS = Symbol('levels of the cache');

/** The levels that Nest's own cache is made of, for those who have to know them. */
@Module({})
class LevelsModule {}

/** One cache for a process, over all its modules. */
@Module({})
export class CacheModule implements OnApplicationShutdown {
  constructor(private readonly cache: ReadCache) {}

  /** Imported once by an application. */
  static forRoot(options: CacheOptions): DynamicModule {
    const { broadcaster, sessions, consistency: level = 'session' } = options;
    const registry = { token: Registry, optional: true };
    if (options.mode === 'off') {
      const useFactory = (to?: Registry) => measured(new ReadCache(undefined), undefined, to);
      const off = { provide: ReadCache, inject: [registry], useFactory };
      return { module: CacheModule, global: true, providers: [off], exports: [ReadCache] };
    }
    const levels: DynamicModule = {
      module: LevelsModule,
      providers: [{ provide: LEVELS, useFactory: () => openLevels(options) }],
      exports: [LEVELS],
    };
    return {
      module: CacheModule,
      global: true,
      imports: [
        levels,
        NestCacheModule.registerAsync({ imports: [levels], inject: [LEVELS], useFactory: storesOf }),
      ],
      providers: [
        {
          provide: ReadCache,
          inject: [CACHE_MANAGER, LEVELS, registry, ...(broadcaster ? [broadcaster] : [])],
          useFactory: (cache: Cache, open: Levels, to?: Registry, channel?: Broadcaster) =>
            measured(new ReadCache({ ...open, cache, broadcaster: channel, sessions, level }), open, to),
        },
      ],
      exports: [ReadCache],
    };
  }

  onApplicationShutdown(): void {
    this.cache.close();
  }
}

async function openLevels({ mode, mebibytes = 64, redisUrl }: CacheOptions): Promise<Levels> {
  const changes = new Changes();
  const memory = new MemoryLevel(mebibytes * 1_048_576, changes);
  if (mode === 'memory' || !redisUrl) return { changes, memory, redis: undefined };
  // It takes a fifth of a second to load.
  const { RedisLevel } = await import('./redis-level.js');
  const redis = new RedisLevel(redisUrl);
  await redis.connect();
  return { changes, memory, redis };
}

function storesOf({ memory, redis }: Levels) {
  // Entries stay objects in memory; Keyv would make a text of each and parse it at every read.
  const first = new Keyv({ store: memory, useKeyPrefix: false });
  first.serialize = undefined;
  first.deserialize = undefined;
  if (!redis) return { stores: [first] };
  const second = new Keyv({ store: redis, namespace: 'tearline:cache' });
  second.serialize = JSON.stringify;
  second.deserialize = (text) => JSON.parse(text) as never;
  return { stores: [first, second] };
}

function measured(cache: ReadCache, levels: Levels | undefined, registry: Registry | undefined): ReadCache {
  if (registry) measureCache(registry, cache, levels?.memory, levels?.redis);
  return cache;
}
