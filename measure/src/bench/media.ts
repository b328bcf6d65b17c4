/** What uploads cost the host that takes them, and how fast another one makes their variants: `npm run bench:media`. */
import { developmentKeys } from '@tearline/auth';
import { databaseUrls, databaseUrlVariable } from '@tearline/database';
import { startEmbedded } from '@tearline/embedded';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { type Cleanup, withCleanup } from '../kit/cleanup.js';
import { processor } from '../kit/machine.js';
import { median } from './median.js';
import { memoryOf } from '../kit/process-usage.js';
import { type ServerProcess, startServer } from '../kit/server-process.js';
import { temporaryDir } from '../kit/temporary-dir.js';

const UPLOADS = 15;
const PICTURES = 24;
const FORMATS = ['jpeg', 'png', 'webp', 'avif', 'gif'] as const;
const SIZES = { '100 KiB': 102_400, '1 MiB': 1_048_576, '10 MiB': 10_485_760 };
const MODULES = ['identity', 'social', 'articles', 'comments', 'notifications', 'media'];
const CLI = join(import.meta.dirname, '../../../apps/cli/src/main.js');
const SERVICE = join(import.meta.dirname, '../../../apps/service/src/main.js');
const RECEIVE = join(import.meta.dirname, 'yardsticks/receive.js');

const HELP = `npm run bench:media

Starts a private PostgreSQL, a host that takes uploads and one that makes variants, beside a bare server that receives,
hashes and writes. Prints the CPU an upload takes, how long the event loop stands still, and the variants a second.
Takes about three minutes.
`;

const say = (line: string) => void process.stdout.write(`${line}\n`);

async function run(cleanup: Cleanup): Promise<void> {
  const dir = await temporaryDir(cleanup);
  const embedded = await startEmbedded({ dir });
  cleanup.add(embedded.stop);
  const migrated = spawnSync(process.execPath, [CLI, 'migrate'], {
    env: { PATH: process.env['PATH'], DATABASE_URL: embedded.url },
    encoding: 'utf8',
  });
  if (migrated.status !== 0) throw new Error(`the database could not be migrated: ${migrated.stderr}`);
  const { signingKey, jwks } = await developmentKeys(dir);
  const urls = databaseUrls([...MODULES, 'queues'], {}, embedded.url);
  const start = async (modules: readonly string[], serve: string) => {
    const server = await startServer({
      command: [SERVICE],
      env: {
        LOG_FORMAT: 'json',
        HOST_MODULES: modules.join(','),
        HOST_ROLES: serve,
        AUTH_JWKS: jwks,
        ...(modules.includes('identity') && { IDENTITY_SIGNING_KEY: signingKey }),
        MEDIA_DIR: join(dir, 'media'),
        MEDIA_UPLOADS_PER_MINUTE: '100000',
        MEDIA_BYTES_PER_USER: `${10 ** 11}`,
        ...Object.fromEntries([...modules, 'queues'].map((name) => [databaseUrlVariable(name), urls[name]!])),
      },
      log: join(dir, `${serve}.log`),
      core: undefined,
    });
    cleanup.add(server.stop);
    return server;
  };

  const api = await start(['identity', 'media'], 'http');
  const token = await register(api.url);
  const bare = await startServer({
    command: [RECEIVE],
    env: { DIR: dir },
    log: join(dir, 'bare.log'),
    core: undefined,
  });
  cleanup.add(bare.stop);
  say(
    `${processor()}\n\nThe host that takes uploads (http only), ${UPLOADS} of each, one after the other, beside a bare`,
  );
  say('node:http server that does nothing but receive, hash and write:');
  say('format       size   CPU ms each   bare   in the main thread   longest block ms');
  const accepted: string[] = [];
  for (let turn = 0; turn < UPLOADS; turn += 1)
    for (const { url } of [api, bare]) {
      const hash = await upload(url, token, await pictureOf('jpeg', 102_400));
      if (url === api.url) accepted.push(hash);
    }
  const scrape = await costOfAsking(api.url);
  for (const format of FORMATS)
    for (const [size, bytes] of Object.entries(SIZES)) {
      const { cpu, main, block, hashes } = await costOfUploads(api, token, () => pictureOf(format, bytes));
      accepted.push(...hashes);
      const yardstick = await costOfUploads(bare, token, () => pictureOf(format, bytes));
      const columns = [format.padEnd(6), size.padStart(10), (cpu - scrape).toFixed(1).padStart(13)];
      columns.push(yardstick.cpu.toFixed(1).padStart(6), main.toFixed(1).padStart(20));
      say(`${columns.join(' ')} ${block.toFixed(1).padStart(18)}`);
    }
  say(`memory afterwards: ${memoryOf(api.pid).toFixed(0)} MiB`);

  const worker = await start(['media'], 'jobs');
  await settleAll(api.url, accepted);
  say(
    `\nThe host that makes variants (jobs only), one at a time, of ${PICTURES} pictures of 12 megapixels each:`,
  );
  for (const format of ['jpeg', 'png'] as const) await variantsPerSecond(api, worker, token, format);
}

async function variantsPerSecond(
  api: ServerProcess,
  worker: ServerProcess,
  token: string,
  format: 'jpeg' | 'png',
): Promise<void> {
  const whole = await photo(format);
  const before = Number(await metricOf(worker.url, 'process_cpu_seconds_total'));
  const started = performance.now();
  const hashes: string[] = [];
  for (let index = 0; index < PICTURES; index += 1)
    hashes.push(await upload(api.url, token, Buffer.concat([whole, randomBytes(8)])));
  await settleAll(api.url, hashes);
  const seconds = (performance.now() - started) / 1_000;
  const cpu = Number(await metricOf(worker.url, 'process_cpu_seconds_total')) - before;
  const block = Number(await metricOf(worker.url, 'nodejs_eventloop_lag_max_seconds')) * 1_000;
  say(
    `${format.padEnd(6)} ${((PICTURES * 5) / seconds).toFixed(1)} variants/s, ` +
      `${((cpu / PICTURES) * 1_000).toFixed(0)} ms of CPU a picture, longest block ${block.toFixed(1)} ms, ` +
      `${memoryOf(worker.pid).toFixed(0)} MiB`,
  );
}

/** Something like a photo: smooth, with a little noise. */
async function photo(format: 'jpeg' | 'png'): Promise<Buffer> {
  const [width, height] = [4_000, 3_000];
  const noise = await sharp({
    create: {
      width: 250,
      height: 188,
      channels: 3,
      background: 'gray',
      noise: { type: 'gaussian', mean: 128, sigma: 50 },
    },
  })
    .png()
    .toBuffer();
  const image = sharp(noise).resize(width, height, { kernel: 'cubic', fit: 'fill' });
  return format === 'jpeg' ? image.jpeg({ quality: 85 }).toBuffer() : image.png({ palette: true }).toBuffer();
}

const small = new Map<string, Buffer>();

/** A picture that nobody has uploaded, filled up to a size: what takes it never looks inside. */
async function pictureOf(format: (typeof FORMATS)[number], bytes: number): Promise<Buffer> {
  let picture = small.get(format);
  if (!picture) {
    picture = await sharp({ create: { width: 64, height: 64, channels: 3, background: 'teal' } })
      .toFormat(format)
      .toBuffer();
    small.set(format, picture);
  }
  return Buffer.concat([picture, randomBytes(bytes - picture.length)]);
}

async function register(url: string): Promise<string> {
  const user = { username: 'bench', email: 'bench@example.com', password: 'correct horse battery' };
  const response = await fetch(`${url}/api/users`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user }),
  });
  return ((await response.json()) as { user: { token: string } }).user.token;
}

/** @returns the hash it has from now on */
async function upload(url: string, token: string, content: Buffer): Promise<string> {
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(content)]), 'picture');
  const response = await fetch(`${url}/api/media`, {
    method: 'POST',
    headers: { authorization: `Token ${token}` },
    body: form,
  });
  const text = await response.text();
  if (response.status !== 202) throw new Error(`an upload was answered ${response.status}: ${text}`);
  return (JSON.parse(text) as { media: { hash: string } }).media.hash;
}

/** Waits until none of these is pending, the last first. */
async function settleAll(url: string, hashes: readonly string[]): Promise<void> {
  for (const hash of hashes.toReversed())
    for (;;) {
      const { media } = (await (await fetch(`${url}/api/media/${hash}`)).json()) as {
        media: { status: string };
      };
      if (media.status !== 'pending') break;
      await pause(20);
    }
}

async function metricOf(url: string, name: string): Promise<string> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 'NaN';
}

async function cpuOf(url: string): Promise<number> {
  return Number(await metricOf(url, 'process_cpu_seconds_total')) * 1_000;
}

/** What asking for the CPU time costs itself. */
async function costOfAsking(url: string): Promise<number> {
  const costs: number[] = [];
  for (let turn = 0; turn < UPLOADS; turn += 1) costs.push(-(await cpuOf(url)) + (await cpuOf(url)));
  return median(costs);
}

async function costOfUploads(
  { url, pid }: ServerProcess,
  token: string,
  make: () => Promise<Buffer>,
): Promise<{ cpu: number; main: number; block: number; hashes: string[] }> {
  const hashes: string[] = [];
  const costs: number[] = [];
  for (let turn = 0; turn < UPLOADS; turn += 1) {
    const content = await make();
    const before = await cpuOf(url);
    hashes.push(await upload(url, token, content));
    costs.push((await cpuOf(url)) - before);
  }
  await metricOf(url, 'nodejs_eventloop_lag_max_seconds');
  const before = mainThreadOf(pid);
  for (let turn = 0; turn < UPLOADS; turn += 1) hashes.push(await upload(url, token, await make()));
  const main = (mainThreadOf(pid) - before) / UPLOADS;
  const block = Number(await metricOf(url, 'nodejs_eventloop_lag_max_seconds')) * 1_000;
  return { cpu: median(costs), main, block, hashes };
}

/** Milliseconds of CPU that the thread of the event loop has used; Linux counts in hundredths of a second. */
function mainThreadOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/task/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

await withCleanup(async (cleanup) => {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help) process.stdout.write(HELP);
  else await run(cleanup);
});
