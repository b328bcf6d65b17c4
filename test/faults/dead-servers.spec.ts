import { generateSigningKey, publicKeysOf } from '@tearline/auth';
import type { EmbeddedPostgres } from '@tearline/embedded';
import { databaseUrlVariable } from '@tearline/database';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { TestServer } from '../support/database.js';
import { startPostgres } from '../support/postgres.js';
import { type RunningApp, startApp } from '../support/running-app.js';

/** An address of a network for documentation (RFC 5737): packets to it are lost. */
const BLACK_HOLE = '203.0.113.7';
/** Less than SHUTDOWN_TIMEOUT_MS, which ends a process that waits for a server. */
const MAX_MS = 8_000;
/** Queries in progress wait until the primary counts as lost, after four seconds. */
const MAX_MS_OF_PRIMARY = 9_500;

async function millisecondsToEnd(app: RunningApp): Promise<number> {
  const start = performance.now();
  await app.stop('SIGTERM');
  return performance.now() - start;
}

describe('a process ends soon after SIGTERM', () => {
  let postgres: EmbeddedPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());

  it.each([
    ['Redis refuses connections', { REDIS_URL: 'redis://127.0.0.1:1' }],
    ['Redis does not answer', { REDIS_URL: `redis://${BLACK_HOLE}:6379` }],
  ])('while %s', async (_, env) => {
    const app = await startApp({ env: { DATABASE_URL: postgres.url, ...env } });
    expect(await millisecondsToEnd(app)).toBeLessThan(MAX_MS);
  });

  it('while PostgreSQL does not answer', async () => {
    const app = await startApp({ env: { DATABASE_URL: postgres.url } });
    onTestFinished(() => postgres.server.resume());
    await postgres.server.pause();
    expect(await millisecondsToEnd(app)).toBeLessThan(MAX_MS_OF_PRIMARY);
  });

  it('while PostgreSQL is dead', async () => {
    const app = await startApp({ env: { DATABASE_URL: postgres.url } });
    onTestFinished(() => postgres.server.start());
    await postgres.server.kill();
    expect(await millisecondsToEnd(app)).toBeLessThan(MAX_MS);
  });
});

it('a host ends soon after SIGTERM while the hosts that it calls do not answer', async () => {
  const server = new TestServer();
  await server.start();
  try {
    const database = await server.newDatabase();
    await database.migrate();
    await database.migrateQueues();
    const key = await generateSigningKey();
    const app = await startApp({
      entry: 'dist/apps/service/src/main.js',
      env: {
        HOST_MODULES: 'social',
        [databaseUrlVariable('social')]: database.urls['social']!,
        QUEUES_DATABASE_URL: database.queuesUrl,
        AUTH_JWKS: JSON.stringify(publicKeysOf(key)),
        IDENTITY_RPC_ADDRESSES: `${BLACK_HOLE}:7000`,
        RPC_SECRET: 'a secret between the hosts',
      },
    });
    // The connection and the call may take equally long: which of them ends first is open.
    expect([503, 504]).toContain((await fetch(`${app.url}/api/profiles/jake`)).status);
    expect(await millisecondsToEnd(app)).toBeLessThan(MAX_MS);
  } finally {
    await server.stop();
  }
});
