import type { Reader } from '@tearline/database';
import type { DataSource } from 'typeorm';
import { afterEach, expect, it, vi } from 'vitest';
import type { IdentitySettings } from '../identity.settings.js';
import { MemorySessionStore } from './memory-session-store.js';
import { openSessionStore } from './open-session-store.js';
import { PostgresSessionStore } from './postgres-session-store.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

const open = (SESSIONS?: 'redis' | 'postgres' | 'memory') =>
  openSessionStore({ SESSIONS } as IdentitySettings, {} as DataSource, {} as Reader, undefined);

it('uses PostgreSQL by default where there is no Redis', async () => {
  expect(await open()).toBeInstanceOf(PostgresSessionStore);
  await expect(open('redis')).rejects.toThrow('SESSIONS: expected postgres, because REDIS_URL is not set');
});

it('has sessions in memory, except in production', async () => {
  vi.stubEnv('NODE_ENV', 'development');
  expect(await open('memory')).toBeInstanceOf(MemorySessionStore);
  vi.stubEnv('NODE_ENV', 'production');
  await expect(open('memory')).rejects.toThrow(
    'SESSIONS: expected redis or postgres with NODE_ENV=production',
  );
});
