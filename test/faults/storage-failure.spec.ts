import { chmod, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { Api } from '../support/api-client.js';
import { newArticle, register } from '../support/conduit.js';
import { startApp } from '../support/running-app.js';

const WITHIN = { timeout: 30_000, interval: 50 };

// A full disk needs a mount of its own. For the application it is the same when the folder of the WAL is away: PostgreSQL
// panics at its next segment, and does not start until the folder is back.
it('serves again, without a restart, when the storage of PostgreSQL works again', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tearline-storage-'));
  await chmod(dir, 0o755);
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
  const app = await startApp({ dir });
  onTestFinished(async () => void (await app.stop()));
  const author = await register(new Api(app.url));
  const publish = async () => (await author.api.post('/api/articles', { article: newArticle() })).status;
  const ready = async () => (await fetch(`${app.url}/health/ready`)).status;
  expect([await publish(), await ready()]).toEqual([201, 200]);

  const data = join(dir, 'postgres');
  const log = () => readFile(join(dir, 'postgres.log'), 'utf8');
  const { superuser } = JSON.parse(await readFile(join(data, 'credentials.json'), 'utf8')) as {
    superuser: string;
  };
  const [, port] = /ready on 127\.0\.0\.1:(\d+)/.exec(app.logs().join('\n'))!;
  await rename(join(data, 'pg_wal'), join(data, 'pg_wal.away'));
  const client = new pg.Client(`postgres://postgres:${superuser}@127.0.0.1:${port}/tearline`);
  // The server ends the connection behind its answer.
  client.on('error', () => undefined);
  const fill = async () => {
    await client.connect();
    await client.query(
      "select pg_logical_emit_message(false, '', repeat('x', 1000000)) from generate_series(1, 40)",
    );
  };
  // PostgreSQL writes of its own accord, too, and may have panicked before the connection is there.
  await expect(fill()).rejects.toThrow(/pg_wal|terminat|ECONNRE|recovery|starting up|shutting down/);
  await expect.poll(log, WITHIN).toMatch(/PANIC|WAL directory "pg_wal" does not exist/);
  const refused = async () => [await publish(), await ready()];
  await expect.poll(refused, WITHIN).toEqual([503, 503]);
  await rename(join(data, 'pg_wal.away'), join(data, 'pg_wal'));
  await expect.poll(refused, WITHIN).toEqual([201, 200]);
}, 120_000);
