import 'reflect-metadata';
import { parseArgs } from 'node:util';
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
import { readSettings, runHost } from '@tearline/host';
import { manifests, moduleData, moduleNames } from '@tearline/modules';
import { prepareDevelopment } from './development.js';
import { monolithSettings } from './settings.js';

const say = (line: string) => process.stderr.write(`${line}\n`);

async function main(): Promise<void> {
  const { env } = process;
  // `npm start -- --replicas 2`
  const { values } = parseArgs({ options: { replicas: { type: 'string' } }, strict: false });
  if (typeof values.replicas === 'string') env['TEARLINE_REPLICAS'] = values.replicas;
  const stop = env['NODE_ENV'] === 'production' ? undefined : await prepareDevelopment(env, moduleData, say);
  try {
    const settings = readSettings(monolithSettings, env);
    const urls = databaseUrls(moduleNames, env);
    const broker = brokerOptions(settings);
    const mode = settings.CACHE ?? 'on';
    const idempotencyStore = new TransactionalIdempotencyStore();
    const { CONSISTENCY_SECRET: secret, REDIS_URL: redisUrl, REPLICA_MAX_LAG_MS: maxLag } = settings;
    const sessions = new ConsistencySessions({ secret, redisUrl, maxLag });
    await runHost({
      modules: manifests,
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
          isWorker: true,
          concurrency: settings.EVENTS_CONCURRENCY,
          operatorPassword: settings.OPERATOR_PASSWORD,
        }),
      ],
      settings,
      idempotency: idempotencyStore,
      sessions,
      responseCache: (app) => app.get(ReadCache),
      readiness: (app) => ({ database: () => app.get(Databases).ping() }),
      ...(stop && { onClosed: stop }),
    });
  } catch (error) {
    await stop?.();
    throw error;
  }
}

main().catch((error: unknown) => {
  const detail = process.env['LOG_LEVEL'] === 'debug' && error instanceof Error ? error.stack : undefined;
  say(`tearline did not start: ${detail ?? (error instanceof Error ? error.message : String(error))}`);
  process.exit(1);
});
