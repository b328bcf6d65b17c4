import type { SharedRedis } from '@tearline/auth';
import type { Reader } from '@tearline/database';
import { hostSettings } from '@tearline/host';
import { readSettings, SettingsError } from '@tearline/settings';
import type { DataSource } from 'typeorm';
import { type IdentitySettings, lifetimesOf } from '../identity.settings.js';
import { MemorySessionStore } from './memory-session-store.js';
import { PostgresSessionStore } from './postgres-session-store.js';
import type { SessionStore } from './session-store.js';

/**
 * Opens the store that `SESSIONS` names.
 * @throws SettingsError for one that cannot be had here
 */
export async function openSessionStore(
  settings: IdentitySettings,
  database: DataSource,
  reader: Reader,
  redis: SharedRedis | undefined,
): Promise<SessionStore> {
  const lifetimes = lifetimesOf(settings);
  const { SESSIONS: kind = redis ? 'redis' : 'postgres' } = settings;
  if (kind === 'postgres') return new PostgresSessionStore(database, reader, lifetimes);
  if (kind === 'redis') {
    if (!redis)
      throw new SettingsError(["SESSIONS: expected postgres, because REDIS_URL is not set, got 'redis'"]);
    // A host whose sessions are elsewhere does not load the client.
    const { RedisSessionStore } = await import('./redis-session-store.js');
    return RedisSessionStore.open(redis.url, redis.namespace, lifetimes);
  }
  const { NODE_ENV } = readSettings({ NODE_ENV: hostSettings.NODE_ENV });
  if (NODE_ENV === 'production')
    throw new SettingsError([
      "SESSIONS: expected redis or postgres with NODE_ENV=production, got 'memory': such sessions end with their process",
    ]);
  return new MemorySessionStore();
}
