/**
 * The API without notifications and media, which run elsewhere: as in production, or, with `SUBSCRIBERS=none`, as if
 * nobody listened to what its modules tell. For comparison only.
 */
import 'reflect-metadata';
import { manifest as articles } from '@tearline/modules/articles';
import { AuthModule } from '@tearline/auth';
import { CacheModule, ReadCache } from '@tearline/cache';
import { manifest as comments } from '@tearline/modules/comments';
import {
  DatabaseModule,
  databaseUrls,
  TransactionalIdempotencyStore,
  ConsistencySessions,
} from '@tearline/database';
import { brokerOptions, EventsModule, Broadcaster } from '@tearline/events';
import { readSettings, runHost } from '@tearline/host';
import { manifest as identity } from '@tearline/modules/identity';
import { manifest as media } from '@tearline/modules/media';
import { manifest as notifications } from '@tearline/modules/notifications';
import { manifest as social } from '@tearline/modules/social';
import { monolithSettings } from '../../../../apps/monolith/src/settings.js';

const { env } = process;
const settings = readSettings(monolithSettings, env);
const modules = [identity, social, articles, comments];
const idempotencyStore = new TransactionalIdempotencyStore();
const { REDIS_URL: redisUrl } = settings;
const sessions = new ConsistencySessions({ redisUrl });

await runHost({
  modules,
  imports: [
    AuthModule.forRoot({ jwks: settings.AUTH_JWKS }),
    DatabaseModule.forRoot({
      urls: databaseUrls(
        modules.map(({ name }) => name),
        env,
      ),
      connections: settings.DATABASE_CONNECTIONS,
      isCached: true,
      idempotencyStore,
      sessions,
    }),
    CacheModule.forRoot({ mode: 'on', redisUrl, broadcaster: Broadcaster, sessions }),
    EventsModule.forRoot({
      broker: brokerOptions(settings),
      manifests: env['SUBSCRIBERS'] === 'none' ? modules : [...modules, notifications, media],
      isWorker: true,
    }),
  ],
  settings,
  idempotency: idempotencyStore,
  sessions,
  responseCache: (app) => app.get(ReadCache),
});
