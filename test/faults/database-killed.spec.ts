import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Api } from '../support/api-client.js';
import { articlePath, publish, register } from '../support/conduit.js';
import { type RunningApp, startApp } from '../support/running-app.js';
import { startTopology } from '../support/running-topology.js';

const WITHIN = { timeout: 60_000, interval: 50 };

async function temporaryFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'tearline-killed-'));
  await chmod(dir, 0o755);
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
  return dir;
}

/** The process of PostgreSQL that all others descend from; undefined while there is none. */
async function postmaster(dir: string): Promise<number | undefined> {
  const file = await readFile(join(dir, 'postgres/postmaster.pid'), 'utf8').catch(() => undefined);
  return file === undefined ? undefined : Number(file.split('\n')[0]);
}

it.each([
  ['npm start', (dir: string) => startApp({ dir })],
  ['the topology runner', (dir: string) => startTopology('--alone=articles', { dir })],
])(
  '%s starts a killed PostgreSQL again: writes work, and acknowledged ones are there',
  async (_, start) => {
    const dir = await temporaryFolder();
    const app: RunningApp = await start(dir);
    onTestFinished(() => app.stop().then(() => undefined));
    const author = await register(new Api(app.url));
    const acknowledged: string[] = [];
    const writers = new AbortController();
    const writing = Array.from({ length: 4 }, async () => {
      while (!writers.signal.aborted)
        await publish(author, {}).then(
          ({ slug }) => acknowledged.push(slug),
          () => undefined,
        );
    });
    await expect.poll(() => acknowledged.length, WITHIN).toBeGreaterThan(10);
    const pid = (await postmaster(dir))!;
    process.kill(pid, 'SIGKILL');
    await expect.poll(async () => [undefined, pid].includes(await postmaster(dir)), WITHIN).toBe(false);
    const before = acknowledged.length;
    await expect.poll(() => acknowledged.length, WITHIN).toBeGreaterThan(before + 10);
    writers.abort();
    await Promise.all(writing);
    for (const slug of acknowledged)
      expect([slug, (await author.api.get(articlePath(slug))).status]).toEqual([slug, 200]);
  },
  180_000,
);
