import {
  type DynamicModule,
  type InjectionToken,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { ConsistencyLevel, SessionStore } from '@tearline/seam';
import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { AnswerFetcher } from './answer-fetcher.js';
import { CountersByCache, registerCacheMetrics } from './cache-metrics.js';
import type { CACHE_MODES } from './cache-settings.js';
import type { CdnOptions } from './cdn/cdn-settings.js';
import { Purger } from './cdn/purger.js';
import { PurgeSweep } from './cdn/purge-sweep.js';
import { EntryFetcher } from './entry-fetcher.js';
import { InvalidationLog } from './invalidation-log.js';
import { type Broadcaster, Invalidator } from './invalidator.js';
import type { CachedAnswers } from './cached-answers.js';
import { Loads } from './loads.js';
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
  /** Of this deployment, for the names of keys; needed where several share a Redis. */
  readonly namespace?: string;
  /** Injection token of the {@link Broadcaster} that carries invalidations to the other processes. */
  readonly broadcaster?: InjectionToken<Broadcaster>;
  /** The edge caches in front of the application. */
  readonly cdn?: CdnOptions | undefined;
  /** What callers have written; the store that the host and its databases use. */
  readonly sessions?: SessionStore;
  /** The consistency of calls that do not choose one; `session` by default. */
  readonly consistency?: ConsistencyLevel;
  /** cached answers of other processes, to be stored in this cache. */
  readonly answers?: CachedAnswers | undefined;
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
    const purger = new Purger(options.cdn);
    const useFactory = (registry?: Registry, broadcaster?: Broadcaster) =>
      openCache(options, purger, registry, broadcaster);
    return {
      module: CacheModule,
      global: true,
      providers: [
        { provide: ReadCache, inject, useFactory },
        { provide: Purger, useValue: purger },
      ],
      exports: [ReadCache, Purger],
    };
  }

  /** To be imported by a module that records purges, after its `DatabaseModule.forModule`. */
  static forModule(module: string): DynamicModule {
    return {
      // Nest identifies a module by its class.
      module: class extends PurgingModule {},
      providers: [
        {
          provide: PurgeSweep,
          inject: [getDataSourceToken(module), Purger],
          useFactory: (database: DataSource, purger: Purger) => {
            purger.register(module, database);
            return new PurgeSweep(module, database, purger);
          },
        },
      ],
    };
  }

  onApplicationShutdown(): void {
    this.cache.close();
  }
}

/** Repeats the purges of one module. */
@Module({})
class PurgingModule implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    private readonly sweep: PurgeSweep,
    private readonly purger: Purger,
  ) {}

  onApplicationBootstrap(): void {
    if (this.purger.isEnabled) this.sweep.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.sweep.stop();
  }
}

async function openCache(
  options: CacheModuleOptions,
  purger: Purger,
  registry: Registry | undefined,
  broadcaster: Broadcaster | undefined,
): Promise<ReadCache> {
  const { mode, memoryMib = 64, redisUrl, sessions, consistency: defaultLevel = 'session' } = options;
  const isOff = mode === 'off';
  const counters = new CountersByCache();
  const invalidations = new InvalidationLog();
  const memory = new MemoryStore(memoryMib * 1_048_576, invalidations);
  const redis = mode === 'on' && redisUrl ? new RedisStore(redisUrl, options.namespace) : undefined;
  await redis?.connect();
  const loads = new Loads(memory, invalidations);
  const fetcher = new EntryFetcher(memory, redis, invalidations, loads);
  const answers = new AnswerFetcher(memory, redis, invalidations, loads);
  if (!isOff) options.answers?.open({ memory, fetcher: answers, counters, defaultLevel, sessions });
  if (registry) registerCacheMetrics(registry, counters, purger.edges, isOff ? undefined : memory, redis);
  const parts = {
    memory,
    redis,
    fetcher,
    singleFlight: new SingleFlight(fetcher, invalidations),
    invalidator: new Invalidator(memory, redis, isOff ? undefined : broadcaster),
    purger,
    counters,
    requiredPositions: () => (isOff ? MUST_LOAD : requiredPositions(defaultLevel, sessions)),
  };
  const hasResponses = !isOff && defaultLevel !== 'strong';
  return new ReadCache(
    parts,
    new ResponseCache(hasResponses ? memory : undefined, counters, purger.isEnabled),
  );
}
