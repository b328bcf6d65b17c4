import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import '../e2e/matchers.js';
import { Api } from '../support/api-client.js';
import { articlePath, publish, register } from '../support/conduit.js';
import { formWith, mediaThatIs, picture, sendForm, settled, upload, uploadReady } from '../support/media.js';
import { type RunningApp, startApp } from '../support/running-app.js';

let dir: string;
let app: RunningApp;
let api: Api;

const short = {
  // An upload must be shown by then, also on a busy machine.
  MEDIA_UNUSED_SECONDS: '12',
  // Files of an upload or a job that is being done must not count as left, also on a busy machine.
  MEDIA_STRAY_SECONDS: '10',
  MEDIA_SWEEP_SECONDS: '1',
};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tearline-orphans-'));
  app = await startApp({ env: { MEDIA_DIR: dir, ...short } });
  api = new Api(app.url);
});

afterAll(async () => {
  await app?.stop();
  await rm(dir, { recursive: true, force: true });
});

async function storedOf(hash: string, folder = dir): Promise<string[]> {
  const names = await readdir(join(folder, hash.slice(0, 2), hash.slice(2, 4))).catch(() => []);
  return names.filter((name) => name.startsWith(hash));
}

const statusOf = async (hash: string) => (await api.get(`/api/media/${hash}`)).status;
const polling = { timeout: 60_000, interval: 100 };

it('a picture that nothing shows goes, with all that is stored of it', { timeout: 120_000 }, async () => {
  const { hash } = await uploadReady(await register(api), await picture());
  expect(await storedOf(hash)).toHaveLength(6);
  await expect.poll(() => statusOf(hash), polling).toBe(404);
  await expect.poll(() => storedOf(hash), polling).toEqual([]);
});

it(
  'a picture stays while an article shows it, and goes some time after the article',
  { timeout: 120_000 },
  async () => {
    const person = await register(api);
    const [shown, other] = [
      await uploadReady(person, await picture()),
      await upload(person, await picture()),
    ];
    const { slug } = await publish(person, { body: `![](${shown.urls['article-960']})` });
    await mediaThatIs(api, shown.hash, ({ used }) => used);
    // The other one's time was up, and so would have been this one's.
    await expect.poll(() => statusOf(other.hash), polling).toBe(404);
    expect(await statusOf(shown.hash)).toBe(200);
    expect(await person.api.del(articlePath(slug))).toHaveStatus(204);
    await expect.poll(() => statusOf(shown.hash), polling).toBe(404);
  },
);

it(
  'a picture that its uploader has given up goes with the last that showed it',
  { timeout: 120_000 },
  async () => {
    const person = await register(api);
    const { hash, urls } = await uploadReady(person, await picture());
    expect(await person.api.put('/api/user', { user: { image: urls['avatar-64'] } })).toHaveStatus(200);
    await mediaThatIs(api, hash, ({ used }) => used);
    expect(await person.api.del(`/api/media/${hash}`)).toHaveStatus(204);
    expect(await storedOf(hash)).toHaveLength(6);
    expect(await person.api.put('/api/user', { user: { image: null } })).toHaveStatus(200);
    await expect.poll(() => statusOf(hash), polling).toBe(404);
    await expect.poll(() => storedOf(hash), polling).toEqual([]);
  },
);

it('sweeps files that a crash left, and keeps owned and foreign files', { timeout: 120_000 }, async () => {
  const person = await register(api);
  const { hash, urls } = await uploadReady(person, await picture());
  await publish(person, { body: urls['article-480'] });
  await mediaThatIs(api, hash, ({ used }) => used);
  const lost = createHash('sha256').update(randomBytes(8)).digest('hex');
  const inFolder = (of: string, name: string) => join(dir, of.slice(0, 2), of.slice(2, 4), name);
  const strays = [
    inFolder(lost, `${lost}.0123456789abcdef.original`),
    inFolder(hash, `${hash}.0123456789abcdef.original`),
  ];
  const foreign = inFolder(lost, 'README');
  for (const path of [...strays, foreign, join(dir, 'tmp', 'left-behind')]) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'x');
  }
  await expect.poll(() => storedOf(lost), polling).toEqual([]);
  await expect.poll(() => storedOf(hash), polling).toHaveLength(6);
  await expect.poll(() => readdir(join(dir, 'tmp')), polling).toEqual([]);
  expect(await readdir(dirname(foreign))).toEqual(['README']);
});

it('a killed host leaves no picture half made, and no temporary file', { timeout: 180_000 }, async () => {
  const own = await mkdtemp(join(tmpdir(), 'tearline-killed-'));
  const data = await mkdtemp(join(tmpdir(), 'tearline-killed-data-'));
  // PostgreSQL refuses to run as root and takes another user, who must be able to walk in.
  await chmod(data, 0o755);
  const start = () => startApp({ dir: data, env: { MEDIA_DIR: own, MEDIA_STRAY_SECONDS: '10' } });
  let killed = await start();
  try {
    const person = await register(new Api(killed.url));
    const content = await picture('png', { width: 1_200, height: 1_200 });
    const accepted: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      const at = new Api(killed.url, person.token);
      const sending = Array.from({ length: 6 }, async (_, index) => {
        const file = Buffer.concat([content, Buffer.from(`${round} ${index}`)]);
        const reply = await sendForm(at, formWith(file)).catch(() => undefined);
        if (reply?.status === 202) accepted.push(reply.body.media.hash);
      });
      await Promise.race(sending);
      await killed.kill();
      await Promise.all(sending);
      killed = await start();
    }
    expect(accepted.length).toBeGreaterThan(1);
    const after = new Api(killed.url);
    for (const hash of accepted)
      expect(await settled(after, hash, 60_000)).toMatchObject({ status: 'ready' });
    for (const hash of accepted) {
      const reply = await fetch(`${killed.url}/media/${hash}/article-1600`);
      expect([reply.status, (await reply.arrayBuffer()).byteLength > 100]).toEqual([200, true]);
    }
    await expect.poll(() => readdir(join(own, 'tmp')), polling).toEqual([]);
  } finally {
    await killed.stop();
    for (const each of [own, data])
      await rm(each, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
});

it(
  'while queues are away a picture waits, and caches do not keep that it is not there',
  { timeout: 120_000 },
  async () => {
    const waiting = await startApp({ env: { REDIS_URL: 'redis://127.0.0.1:1' } });
    try {
      const person = await register(new Api(waiting.url));
      const { hash, urls } = await upload(person, await picture());
      expect((await mediaThatIs(person.api, hash, () => true)).status).toBe('pending');
      const reply = await person.api.get(urls['avatar-64']!);
      expect(reply).toBeRefused(404, { media: ['not found'] });
      expect(reply.headers.get('cache-control')).toBe('no-store');
    } finally {
      await waiting.stop();
    }
  },
);
