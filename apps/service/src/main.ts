import 'reflect-metadata';
import { AuthModule } from '@tearline/auth';
import { CacheModule, ReadCache } from '@tearline/cache';
import {
  DatabaseModule,
  Databases,
  databaseUrls,
  replicaUrls,
  TransactionalIdempotencyStore,
  ConsistencySessions,
} from '@tearline/database';
import { MAX_BROKER_CONNECTIONS, brokerOptions, EventsModule, Broadcaster } from '@tearline/events';
import { readSettings, runHost, SettingsError } from '@tearline/host';
import { manifests } from '@tearline/modules';
import { refuseForeignCredentials } from './credentials.js';
import { ownAddress } from './own-address.js';
import { remoteHosts } from './remotes.js';
import { serviceSettings } from './settings.js';

async function main(): Promise<void> {
  const { env } = process;
  const settings = readSettings(serviceSettings, env);
  const {
    HOST_MODULES: names,
    HOST_ROLES: serve,
    RPC_PORT: port,
    RPC_HOST: name,
    RPC_SECRET: secret,
  } = settings;
  refuseForeignCredentials(names, env);
  const modules = manifests.filter(({ name }) => names.includes(name));
  const remote = remoteHosts(modules, env);
  const isTalking = remote.length > 0 || port !== undefined;
  if (isTalking && secret === undefined)
    throw new SettingsError(['RPC_SECRET is missing: this host calls others, or is called']);
  if (port !== undefined && !serve.includes('rpc'))
    throw new SettingsError([
      `RPC_PORT: must not be here; this host serves ${serve.join(', ')} (HOST_ROLES)`,
    ]);
  const broker = brokerOptions(settings);
  const isWorker = serve.includes('jobs');

  // Without Redis a host does not know what its callers have written through others, and would give them older values.
  const mode = settings.CACHE ?? (settings.REDIS_URL ? 'on' : 'off');
  const idempotencyStore = new TransactionalIdempotencyStore();
  const { CONSISTENCY_SECRET, REDIS_URL: redisUrl, REPLICA_MAX_LAG_MS: maxLag } = settings;
  const sessions = new ConsistencySessions({ secret: CONSISTENCY_SECRET, redisUrl, maxLag });
  const urls = databaseUrls(names, env);
  await runHost({
    modules,
    imports: [
      AuthModule.forRoot({ jwks: settings.AUTH_JWKS }),
      DatabaseModule.forRoot({
        urls,
        replicas: replicaUrls(urls, env),
        connections: settings.DATABASE_CONNECTIONS,
        otherConnections:
          'databaseUrl' in broker ? [{ url: broker.databaseUrl, connections: MAX_BROKER_CONNECTIONS }] : [],
        consistency: settings.CONSISTENCY,
        isCached: mode !== 'off',
        maxLag,
        idempotencyStore,
        sessions,
      }),
      CacheModule.forRoot({
        mode,
        memoryMib: settings.CACHE_MIB,
        redisUrl: settings.REDIS_URL,
        broadcaster: Broadcaster,
        sessions,
        consistency: settings.CONSISTENCY,
      }),
      EventsModule.forRoot({
        broker,
        manifests,
        isWorker,
        concurrency: settings.EVENTS_CONCURRENCY,
        operatorPassword: settings.OPERATOR_PASSWORD,
      }),
    ],
    settings,
    remote,
    ...(secret !== undefined && { credential: { secret } }),
    ...(port !== undefined && { server: { port, ...(name && { host: await ownAddress(name) }) } }),
    docsFrom: settings.DOCS_FROM,
    idempotency: idempotencyStore,
    sessions,
    responseCache: (app) => app.get(ReadCache),
    readiness: (app) => ({ database: () => app.get(Databases).ping() }),
  });
}

main().catch((error: unknown) => {
  const isDetailed = process.env['LOG_LEVEL'] === 'debug' && error instanceof Error;
  const detail = isDetailed ? error.stack : error instanceof Error ? error.message : String(error);
  process.stderr.write(`tearline did not start: ${detail}\n`);
  process.exit(1);
});
