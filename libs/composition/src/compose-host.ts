import { AuthModule } from '@tearline/auth';
import { CacheModule, cdnOptions, CachedAnswers, ReadCache } from '@tearline/cache';
import {
  ConsistencySessions,
  DatabaseModule,
  Databases,
  databaseUrls,
  locateModules,
  readDeployment,
  replicaUrls,
  sessionUrl,
  TransactionalIdempotencyStore,
} from '@tearline/database';
import { Broadcaster, brokerOptions, EventsModule, MAX_BROKER_CONNECTIONS } from '@tearline/events';
import { corsOrigins, type HostOptions } from '@tearline/host';
import { openLogStream } from '@tearline/logs';
import type { Contract, EventContract, ModuleManifest } from '@tearline/seam';
import { type Environment, serverUrls } from '@tearline/settings';
import { openTracing, TracingModule } from '@tearline/tracing';
import type { z } from 'zod';
import { aboutApplication } from './about-application.js';
import { assertManifests } from './manifests/assert-manifests.js';
import type { hostCompositionSettings } from './settings.js';

export interface CompositionOptions {
  readonly settings: z.output<z.ZodObject<typeof hostCompositionSettings>>;
  /** The environment with the database URLs of the modules. */
  readonly env: Environment;
  /** The modules that this host runs. */
  readonly modules: readonly ModuleManifest[];
  /** All modules of the application: the queues of their subscribers and the events of their publishers. */
  readonly manifests: readonly ModuleManifest[];
  /** By module, the events that its contract.ts declares; compared with its manifest. */
  readonly declaredEvents: Readonly<Record<string, readonly EventContract[]>>;
  /** The contract of the module that owns users and sessions, if there is one; the modules with authenticated routes use it. */
  readonly authority?: Contract;
  /** Whether this host handles events and jobs. */
  readonly isWorker: boolean;
  /** The cache mode when CACHE is not set. */
  readonly defaultCacheMode: 'on' | 'off';
}

/** A composed host, and the deployment that its databases belong to. */
export type ComposedHost = HostOptions & { readonly deployment: string };

/**
 * Composes a host of modules: databases, cache, events, authentication and sessions, wired to each other.
 * @returns options for `runHost`, to which the caller adds what only its process has, such as remote hosts
 * @throws Error when a manifest lacks what its module does, or when the databases do not answer, are not migrated or belong to another deployment
 */
export async function composeHost(options: CompositionOptions): Promise<ComposedHost> {
  const { settings, env, modules, manifests, isWorker } = options;
  await assertManifests(modules, options.declaredEvents, options.authority);
  const {
    CONSISTENCY: consistency,
    CONSISTENCY_SECRET: secret,
    REDIS_URL: redisUrl,
    REPLICA_MAX_LAG_MS: maxLag,
  } = settings;
  const mode = settings.CACHE ?? options.defaultCacheMode;
  const given = brokerOptions(settings);
  const broker = 'databaseUrl' in given ? { databaseUrl: sessionUrl(given.databaseUrl) } : given;
  const idempotencyStore = new TransactionalIdempotencyStore();
  const answers = new CachedAnswers();
  const names = modules.map(({ name }) => name);
  const urls = databaseUrls(names, env);
  const replicas = replicaUrls(urls, env);
  const places = await locateModules(urls);
  const placed = Object.fromEntries(names.map((name) => [name, places[name]?.url ?? urls[name]!]));
  const deployment = await readDeployment(placed, replicas);
  // Names everything that deployments could share: keys, queues, channels.
  const namespace = `tearline-${deployment}`;
  const about = aboutApplication(manifests, settings);
  const service = {
    name: names.length === 1 ? names[0]! : 'tearline',
    version: about.version,
    modules: names,
  };
  const tracing = await openTracing(settings, service);
  const logStream = openLogStream(settings, service.name);
  const sessions = new ConsistencySessions({ secret, redisUrl, namespace, maxLag });
  return {
    deployment,
    modules,
    settings,
    about,
    ...(tracing && { tracer: tracing.tracer }),
    ...(logStream && { logStream }),
    imports: [
      AuthModule.forRoot({
        jwks: settings.AUTH_JWKS,
        writesPerMinute: settings.WRITES_PER_MINUTE,
        ...(options.authority && { authority: options.authority.token }),
        broadcaster: Broadcaster,
        trustedOrigins: corsOrigins(settings),
        redis: redisUrl ? { url: redisUrl, namespace } : undefined,
        secureCookies: settings.SECURE_COOKIES ?? (settings.NODE_ENV === 'production' ? 'on' : 'auto'),
      }),
      DatabaseModule.forRoot({
        urls,
        places,
        replicas,
        connections: settings.DATABASE_CONNECTIONS,
        requestTimeout: settings.REQUEST_TIMEOUT_MS,
        otherConnections:
          'databaseUrl' in broker
            ? serverUrls(broker.databaseUrl).map((url) => ({ url, connections: MAX_BROKER_CONNECTIONS }))
            : [],
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
        namespace,
        broadcaster: Broadcaster,
        cdn: cdnOptions(settings),
        sessions,
        consistency,
        answers,
      }),
      EventsModule.forRoot({
        broker,
        namespace,
        manifests,
        isWorker,
        concurrency: settings.EVENTS_CONCURRENCY,
        operatorPassword: settings.OPERATOR_PASSWORD,
        tracer: tracing?.tracer,
      }),
      ...(tracing ? [TracingModule.forRoot(tracing)] : []),
    ],
    idempotency: idempotencyStore,
    answers: mode !== 'off' && answers,
    consistency,
    sessions,
    responseCache: (app) => app.get<ReadCache, ReadCache>(ReadCache).responses,
    readiness: (app) => ({ database: () => app.get(Databases).ping() }),
  };
}
