import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Api } from '../support/api-client.js';
import { newArticle, register } from '../support/conduit.js';
import { notificationsOf } from '../support/notifications.js';
import { query } from '../support/postgres.js';
import { type RunningApp, startApp } from '../support/running-app.js';

const WITHIN = { timeout: 30_000, interval: 50 };

/** The port and the process that the app has logged for one of its servers. */
function serverOf(app: RunningApp, name: string): { port: number; pid: number } {
  const pattern = new RegExp(String.raw`^${name} is ready on 127\.0\.0\.1:(\d+) \(pid (\d+)\)`);
  const [, port, pid] = app
    .logs()
    .map((line) => pattern.exec(line))
    .find((match) => match !== null)!;
  return { port: Number(port), pid: Number(pid) };
}

it('npm start -- --replicas goes on with a promoted replica, and answers writes with 503 until then', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tearline-promotion-'));
  await chmod(dir, 0o755);
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
  const app = await startApp({ dir, args: ['--replicas', '1'], env: { REGISTRATIONS_PER_MINUTE: '1000' } });
  onTestFinished(async () => void (await app.stop()));
  const { superuser } = JSON.parse(await readFile(join(dir, 'postgres/credentials.json'), 'utf8')) as {
    superuser: string;
  };
  const people = await Promise.all(Array.from({ length: 8 }, () => register(new Api(app.url))));
  const statuses: number[] = [];
  const writers = new AbortController();
  const writing = people.map(async ({ api }) => {
    while (!writers.signal.aborted)
      statuses.push((await api.post('/api/articles', { article: newArticle() })).status);
  });
  const created = () => statuses.filter((status) => status === 201).length;
  await expect.poll(created, WITHIN).toBeGreaterThan(50);

  process.kill(serverOf(app, 'PostgreSQL').pid, 'SIGKILL');
  const { port } = serverOf(app, 'replica_1');
  await query(`postgres://postgres:${superuser}@127.0.0.1:${port}/tearline`, 'select pg_promote()');
  const before = created();
  await expect.poll(created, WITHIN).toBeGreaterThan(before + 50);
  writers.abort();
  await Promise.all(writing);
  expect(statuses.filter((status) => status !== 201 && status !== 503)).toEqual([]);

  const [reader, author] = people;
  await reader!.api.post(`/api/profiles/${author!.username}/follow`);
  await expect
    .poll(async () => (await notificationsOf(author!)).notifications.map(({ kind }) => kind), WITHIN)
    .toContain('follow');
}, 120_000);
