import { AuthModule } from '@tearline/auth';
import { CacheModule, ReadCache } from '@tearline/cache';
import {
  ConsistencySessions,
  DatabaseModule,
  Databases,
  databaseUrls,
  replicaUrls,
  TransactionalIdempotencyStore,
} from '@tearline/database';
import { Broadcaster, brokerOptions, EventsModule, MAX_BROKER_CONNECTIONS } from '@tearline/events';
import type { HostOptions } from '@tearline/host';
import type { ModuleManifest } from '@tearline/seam';
import type { Environment } from '@tearline/settings';
import type { z } from 'zod';
import type { hostCompositionSettings } from './settings.js';

export interface CompositionOptions {
  readonly settings: z.output<z.ZodObject<typeof hostCompositionSettings>>;
  /** The environment with the database URLs of the modules. */
  readonly env: Environment;
  /** The modules that this host runs. */
  readonly modules: readonly ModuleManifest[];
  /** All modules of the application: the queues of their subscribers and the events of their publishers. */
  readonly manifests: readonly ModuleManifest[];
  /** Whether this host handles events and jobs. */
  readonly isWorker: boolean;
  /** The cache mode when CACHE is not set. */
  readonly defaultCacheMode: 'on' | 'off';
}

/**
 * Composes a host of modules: databases, cache, events, authentication and sessions, wired to each other.
 * @returns options for `runHost`, to which the caller adds what only its process has, such as remote hosts
 */
export function composeHost(options: CompositionOptions): HostOptions {
  const { settings, env, modules, manifests, isWorker } = options;
  const {
    CONSISTENCY: consistency,
    CONSISTENCY_SECRET: secret,
    REDIS_URL: redisUrl,
    REPLICA_MAX_LAG_MS: maxLag,
  } = settings;
  const mode = settings.CACHE ?? options.defaultCacheMode;
  const broker = brokerOptions(settings);
  const idempotencyStore = new TransactionalIdempotencyStore();
  const sessions = new ConsistencySessions({ secret, redisUrl, maxLag });
  const names = modules.map(({ name }) => name);
  const urls = databaseUrls(names, env);
  return {
    modules,
    settings,
    imports: [
      AuthModule.forRoot({ jwks: settings.AUTH_JWKS }),
      DatabaseModule.forRoot({
        urls,
        replicas: replicaUrls(urls, env),
        connections: settings.DATABASE_CONNECTIONS,
        otherConnections:
          'databaseUrl' in broker ? [{ url: broker.databaseUrl, connections: MAX_BROKER_CONNECTIONS }] : [],
        consistency,
        isCached: mode !== 'off',
        maxLag,
        idempotencyStore,
        sessions,
      }),
      CacheModule.forRoot({
        mode,
        memoryMib: settings.CACHE_MIB,
        redisUrl,
        broadcaster: Broadcaster,
        sessions,
        consistency,
      }),
      EventsModule.forRoot({
        broker,
        manifests,
        isWorker,
        concurrency: settings.EVENTS_CONCURRENCY,
        operatorPassword: settings.OPERATOR_PASSWORD,
      }),
    ],
    idempotency: idempotencyStore,
    sessions,
    responseCache: (app) => app.get<ReadCache, ReadCache>(ReadCache).responses,
    readiness: (app) => ({ database: () => app.get(Databases).ping() }),
  };
}
