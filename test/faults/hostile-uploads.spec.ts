import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import '../e2e/matchers.js';
import { Api, type Reply } from '../support/api-client.js';
import { atOnce } from '../support/at-once.js';
import { type Person, register } from '../support/conduit.js';
import { formWith, picture, sendForm, settled, upload, variants } from '../support/media.js';
import { sendBytes } from '../support/raw-http.js';
import { type RunningApp, startApp } from '../support/running-app.js';
import { avifBomb, gifBomb, pngBomb, polyglots, webpBomb } from './fixtures/hostile-pictures.js';

const UPLOAD_SECONDS = 3;
const MEBIBYTE = 1_048_576;
/** Memory of the host while it decodes the largest allowed picture. */
const MAX_MEMORY = 1_000 * MEBIBYTE;
/** Leaves room for a loaded machine; on an idle one the value stays under 0.05. */
const MAX_BLOCK_SECONDS = 0.5;

let dir: string;
let app: RunningApp;
let api: Api;
let person: Person;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tearline-media-'));
  app = await startApp({
    env: {
      MEDIA_DIR: dir,
      MEDIA_UPLOADS_PER_MINUTE: '10000',
      MEDIA_UPLOAD_SECONDS: `${UPLOAD_SECONDS}`,
      REGISTRATIONS_PER_MINUTE: '10000',
    },
  });
  api = new Api(app.url);
  person = await register(api);
  const { hash } = await upload(person, await picture());
  await settled(api, hash);
  // What starting takes is no news; each time it is asked, it begins anew.
  await metric('nodejs_eventloop_lag_max_seconds');
});

afterAll(async () => {
  await app?.stop();
  await rm(dir, { recursive: true, force: true });
});

async function metric(name: string): Promise<number> {
  const { text } = await api.get('/metrics');
  const [, value] = new RegExp(`^${name} (\\S+)$`, 'm').exec(text) ?? [];
  return Number(value);
}

/** Most memory that the process ever had. */
async function peakMemory(): Promise<number> {
  const [, kib] = /^VmHWM:\s*(\d+) kB$/m.exec(await readFile(`/proc/${app.pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1_024;
}

/** The host lives, works, holds nothing back and was never stuck. */
async function expectUnharmed(): Promise<void> {
  expect(await api.get('/health/ready')).toHaveStatus(200);
  const { hash } = await upload(person, await picture());
  expect(await settled(api, hash)).toMatchObject({ status: 'ready' });
  await expect.poll(() => readdir(join(dir, 'tmp')), { timeout: 20_000 }).toEqual([]);
  expect(await metric('nodejs_eventloop_lag_max_seconds')).toBeLessThan(MAX_BLOCK_SECONDS);
  expect(await peakMemory()).toBeLessThan(MAX_MEMORY);
}

afterEach(expectUnharmed);

describe('a file that is two things at once', async () => {
  it.each(Object.entries(await polyglots()))('shows nothing but a picture: %s', async (_, content) => {
    const { hash, urls } = await upload(person, content);
    const { status } = await settled(api, hash);
    for (const name of variants) {
      const response = await fetch(app.url + urls[name]!);
      const shown = Buffer.from(await response.arrayBuffer());
      expect(response.status).toBe(status === 'ready' ? 200 : 404);
      expect(response.headers.get('content-type')).toMatch(
        status === 'ready' ? /^image\/webp$/ : /^application\/json/,
      );
      expect(shown.toString('latin1')).not.toMatch(/script|alert|php/);
    }
  });
});

describe('a bomb fails alone, whatever it is:', () => {
  it.each([
    ['PNG of 30,000 by 30,000', () => pngBomb(30_000, 30_000)],
    ['PNG whose header is all there is', () => pngBomb(30_000, 30_000).subarray(0, 3_000)],
    ['PNG of 2^31 - 1 columns', () => headOf(pngBomb(10, 10), 2 ** 31 - 1, 2 ** 31 - 1)],
    ['GIF of 65,535 by 65,535', () => gifBomb()],
    ['WebP of 16,384 by 16,384', () => webpBomb()],
    ['AVIF of 30,000 by 30,000', () => avifBomb()],
    ['PNG of one column', () => pngBomb(1, 60_000_000 / 60)],
  ])('%s', async (_, make) => {
    const content = await make();
    expect(content.length).toBeLessThan(300_000);
    const { hash } = await upload(person, content);
    const { status, reason } = await settled(api, hash);
    expect([status, ['too-many-pixels', 'unreadable', 'too-complex'].includes(reason!)]).toEqual([
      'failed',
      true,
    ]);
  });

  it.each([
    ['16 bits, four channels', { bits: 16, colour: 6 }],
    ['interlaced', { bits: 8, colour: 0, interlaced: true }],
  ])('but the largest that is allowed takes bounded memory: %s', { timeout: 90_000 }, async (_, options) => {
    const { hash } = await upload(person, pngBomb(7_000, 7_000, options));
    const { status } = await settled(api, hash, 60_000);
    expect(['ready', 'failed']).toContain(status);
  });

  it('and does not hold up the others for long', async () => {
    const others = await atOnce(3, 3, () => register(api));
    const bombs = await atOnce(12, 4, (index) =>
      upload(others[index % 3]!, trailed(pngBomb(30_000, 30_000), index)),
    );
    const { hash } = await upload(person, await picture());
    expect(await settled(api, hash)).toMatchObject({ status: 'ready' });
    for (const bomb of bombs) expect(await settled(api, bomb.hash)).toMatchObject({ status: 'failed' });
  });
});

/** The same picture to a decoder, another file to a hash. */
const trailed = (content: Buffer, index: number) =>
  Buffer.concat([content, Buffer.from(`${index} ${Math.random()}`)]);

function headOf(png: Buffer, width: number, height: number): Buffer {
  const head = Buffer.from(png);
  head.writeUInt32BE(width, 16);
  head.writeUInt32BE(height, 20);
  return head;
}

const BOUNDARY = 'b';
const OPENING = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n`;
const headers = (more: Record<string, string> = {}) => ({
  host: new URL(app.url).host,
  authorization: `Token ${person.token}`,
  'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
  ...more,
});
const requestHead = (more: Record<string, string>) =>
  `POST /api/media HTTP/1.1\r\n${Object.entries(headers(more))
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;

describe('a client that', () => {
  it('says more than it sends is answered when its time is up', async () => {
    const content = await picture('png');
    const bytes = Buffer.concat([
      Buffer.from(requestHead({ 'content-length': '500000' }) + OPENING),
      content.subarray(0, 10_000),
    ]);
    expect(await sendBytes(app.url, bytes)).toBeRefused(504);
  });

  it('sends more than it says is answered for what it said', async () => {
    const content = await picture('png');
    const body = Buffer.concat([Buffer.from(OPENING), content, Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]);
    const bytes = Buffer.concat([
      Buffer.from(requestHead({ 'content-length': `${body.length - 1_000}`, connection: 'close' })),
      body,
    ]);
    // What comes after it is no request.
    expect(await sendBytes(app.url, bytes)).toBeRefused(400);
  });

  it('says that it sends 10 gigabytes is refused before it does', async () => {
    const head = requestHead({ 'content-length': `${10 ** 10}` });
    const started = performance.now();
    expect(await sendBytes(app.url, head)).toBeRefused(413);
    expect(performance.now() - started).toBeLessThan(UPLOAD_SECONDS * 1_000 + 2_000);
  });

  it('drips is cut off when its time is up', async () => {
    const content = await picture('png');
    const dripping = await atOnce(5, 5, () => drip(content));
    for (const { status, seconds } of dripping) {
      expect(status).toBe(504);
      expect(seconds).toBeLessThan(UPLOAD_SECONDS + 3);
    }
  });

  it('leaves in the middle, or again and again, leaves nothing behind', async () => {
    const content = await picture('png', { width: 1_000, height: 1_000 });
    await atOnce(30, 10, (index) => breakOff(content, (index * 30_000) % content.length));
    await expect.poll(() => readdir(join(dir, 'tmp')), { timeout: 20_000 }).toEqual([]);
  });

  it('sends headers without an end is refused', async () => {
    const endless = `POST /api/media HTTP/1.1\r\n${'x-filler: 0123456789\r\n'.repeat(1_000)}`;
    expect(await sendBytes(app.url, endless)).toBeRefused(431);
    const parts = `--${BOUNDARY}\r\n${'x-filler: 0123456789\r\n'.repeat(20_000)}`;
    const head = requestHead({ 'content-length': `${parts.length}`, connection: 'close' });
    expect(await sendBytes(app.url, head + parts)).toBeRefused(400);
  });
});

it(
  'of 50 uploads at once each is taken or turned away, and one user does not take all places',
  { timeout: 90_000 },
  async () => {
    const people = await atOnce(10, 10, () => register(api));
    const content = await picture('png', { width: 200, height: 200 });
    const statusOf = ({ status }: Reply) => status;
    const replies = await atOnce(50, 50, (index) =>
      sendForm(people[index % 10]!.api, formWith(trailed(content, index))),
    );
    expect(replies.map(statusOf).filter((status) => ![202, 429, 503].includes(status))).toEqual([]);
    expect(replies.map(statusOf).filter((status) => status === 202).length).toBeGreaterThanOrEqual(20);
    for (const reply of replies.filter(({ status }) => status !== 202)) {
      expect(reply).toBeRefused([429, 503]);
      expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    for (const reply of replies.filter(({ status }) => status === 202))
      expect(await settled(api, reply.body.media.hash, 60_000)).toMatchObject({ status: 'ready' });
  },
);

/** Sends a file a few bytes at a time until it is answered. */
function drip(content: Buffer): Promise<{ status: number; seconds: number }> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request(`${app.url}/api/media`, { method: 'POST', agent: false, headers: headers() });
    let at = 0;
    const timer = setInterval(() => sent.write(content.subarray(at, (at += 100))), 50);
    sent.on('response', (response) => {
      clearInterval(timer);
      response.resume();
      resolve({ status: response.statusCode!, seconds: (performance.now() - started) / 1_000 });
      sent.destroy();
    });
    sent.on('error', (error) => {
      clearInterval(timer);
      reject(error);
    });
    sent.write(OPENING);
  });
}

/** Sends a part of a file and hangs up. */
async function breakOff(content: Buffer, bytes: number): Promise<void> {
  const { hostname, port } = new URL(app.url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on('error', () => undefined);
  socket.write(requestHead({ 'content-length': `${content.length + 1_000}` }) + OPENING);
  socket.write(content.subarray(0, bytes));
  await pause(50);
  socket.resetAndDestroy();
}
