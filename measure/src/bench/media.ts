/** Measures what uploads cost the host that takes them, and how fast another one makes variants: `npm run bench:media`. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import sharp from 'sharp';
import { npmScript, runCommand } from '../kit/command.js';
import { openDatabase } from '../kit/database.js';
import { sendRequest } from '../kit/http-request.js';
import { processor } from '../kit/machine.js';
import { readMetric, sumSamples } from '../kit/metrics.js';
import { mainThreadCpu, residentMemory } from '../kit/process-usage.js';
import { makeKeys } from '../kit/samples.js';
import { type ServerProcess, startServer } from '../kit/server-process.js';
import { median } from '../kit/statistics.js';
import { temporaryDir } from '../kit/temporary-dir.js';
import { untilProcessed, uploadOf } from '../kit/uploads.js';
import { SERVICE, startHost } from './hosts.js';

const UPLOADS = 15;
const PICTURES = 24;
const VARIANTS = 5;
const FORMATS = ['jpeg', 'png', 'webp', 'avif', 'gif'] as const;
const SIZES = { '100 KiB': 102_400, '1 MiB': 1_048_576, '10 MiB': 10_485_760 };

const command = npmScript(
  'bench:media',
  'Starts a private PostgreSQL, a host that takes uploads and one that makes variants, beside a bare server that ' +
    'receives, hashes and writes. Prints the CPU of an upload, how long the event loop is blocked, and the variants a ' +
    'second. Takes about three minutes.',
);

const print = (line: string) => void process.stdout.write(`${line}\n`);

async function bench(_options: object, cleanup: AsyncDisposableStack): Promise<void> {
  const dir = await temporaryDir('bench', cleanup);
  const database = await openDatabase(dir, cleanup, { isSeeded: false });
  const common = { database, keys: await makeKeys(), dir, entry: SERVICE };
  const start = (modules: string, roles: string) => {
    const limits = { MEDIA_UPLOADS_PER_MINUTE: '100000', MEDIA_BYTES_PER_USER: `${10 ** 11}` };
    return startHost(
      { ...common, name: roles, env: { HOST_MODULES: modules, HOST_ROLES: roles, ...limits } },
      cleanup,
    );
  };
  const api = await start('identity,media', 'http');
  const token = await register(api.url);
  const receiver = join(import.meta.dirname, 'baselines/upload-receiver.js');
  const bare = await startServer({ entry: receiver, env: { DIR: dir }, log: join(dir, 'bare.log') }, cleanup);

  print(
    `${processor()}\n\nThe host that takes uploads (http only), ${UPLOADS} of each, one after the other, beside a`,
  );
  print('bare node:http server that only receives, hashes and writes:');
  print('format       size   CPU ms each   bare   in the main thread   longest block ms');
  const accepted: string[] = [];
  for (let turn = 0; turn < UPLOADS; turn += 1)
    for (const { url } of [api, bare]) {
      const hash = await upload(url, token, await pictureOf('jpeg', 102_400));
      if (url === api.url) accepted.push(hash);
    }
  const scrape = await costOfScraping(api.url);
  for (const format of FORMATS)
    for (const [size, bytes] of Object.entries(SIZES)) {
      const { cpu, main, block, hashes } = await costOfUploads(api, token, () => pictureOf(format, bytes));
      accepted.push(...hashes);
      const baseline = await costOfUploads(bare, token, () => pictureOf(format, bytes));
      const columns = [format.padEnd(6), size.padStart(10), (cpu - scrape).toFixed(1).padStart(13)];
      columns.push(baseline.cpu.toFixed(1).padStart(6), main.toFixed(1).padStart(20));
      print(`${columns.join(' ')} ${block.toFixed(1).padStart(18)}`);
    }
  print(`memory afterwards: ${residentMemory(api.pid).toFixed(0)} MiB`);

  const worker = await start('media', 'jobs');
  await untilProcessed(api.url, accepted);
  print(
    `\nThe host that makes variants (jobs only), one at a time, of ${PICTURES} pictures of 12 megapixels each:`,
  );
  for (const format of ['jpeg', 'png'] as const) await measureVariants(api, worker, token, format);
}

async function measureVariants(
  api: ServerProcess,
  worker: ServerProcess,
  token: string,
  format: 'jpeg' | 'png',
): Promise<void> {
  const picture = await photo(format);
  const cpuBefore = await cpuOf(worker.url);
  const started = performance.now();
  const hashes: string[] = [];
  for (let index = 0; index < PICTURES; index += 1)
    hashes.push(await upload(api.url, token, Buffer.concat([picture, randomBytes(8)])));
  await untilProcessed(api.url, hashes);
  const seconds = (performance.now() - started) / 1_000;
  const cpu = ((await cpuOf(worker.url)) - cpuBefore) / PICTURES;
  print(
    `${format.padEnd(6)} ${((PICTURES * VARIANTS) / seconds).toFixed(1)} variants/s, ${cpu.toFixed(0)} ms of CPU a picture, ` +
      `longest block ${(await longestBlock(worker.url)).toFixed(1)} ms, ${residentMemory(worker.pid).toFixed(0)} MiB`,
  );
}

/** Makes a picture like a photo: smooth, with a little noise. */
async function photo(format: 'jpeg' | 'png'): Promise<Buffer> {
  const noise = { type: 'gaussian', mean: 128, sigma: 50 } as const;
  const small = sharp({ create: { width: 250, height: 188, channels: 3, background: 'gray', noise } });
  const image = sharp(await small.png().toBuffer()).resize(4_000, 3_000, { kernel: 'cubic', fit: 'fill' });
  return format === 'jpeg' ? image.jpeg({ quality: 85 }).toBuffer() : image.png({ palette: true }).toBuffer();
}

const pictures = new Map<string, Buffer>();

/** Makes a picture that is unique, filled up to a size: the host that takes it does not decode it. */
async function pictureOf(format: (typeof FORMATS)[number], bytes: number): Promise<Buffer> {
  let picture = pictures.get(format);
  if (!picture) {
    const teal = sharp({ create: { width: 64, height: 64, channels: 3, background: 'teal' } });
    picture = await teal.toFormat(format).toBuffer();
    pictures.set(format, picture);
  }
  return Buffer.concat([picture, randomBytes(bytes - picture.length)]);
}

async function register(url: string): Promise<string> {
  const user = { username: 'bench', email: 'bench@example.com', password: 'correct horse battery' };
  const body = JSON.stringify({ user });
  const response = await sendRequest(url, { method: 'POST', path: '/api/users', body });
  return (JSON.parse(response) as { user: { token: string } }).user.token;
}

/** @returns the hash of the picture */
async function upload(url: string, token: string, picture: Buffer): Promise<string> {
  const response = await sendRequest(url, uploadOf(token, picture));
  return (JSON.parse(response) as { media: { hash: string } }).media.hash;
}

const cpuOf = async (url: string) => sumSamples(await readMetric(url, 'process_cpu_seconds_total')) * 1_000;

/** Returns the longest block of the event loop in milliseconds, and resets it. */
const longestBlock = async (url: string) =>
  sumSamples(await readMetric(url, 'nodejs_eventloop_lag_max_seconds')) * 1_000;

/** Returns the CPU milliseconds of reading the CPU time itself. */
async function costOfScraping(url: string): Promise<number> {
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
    const picture = await make();
    const before = await cpuOf(url);
    hashes.push(await upload(url, token, picture));
    costs.push((await cpuOf(url)) - before);
  }
  await longestBlock(url);
  const before = mainThreadCpu(pid);
  for (let turn = 0; turn < UPLOADS; turn += 1) hashes.push(await upload(url, token, await make()));
  const main = (mainThreadCpu(pid) - before) / UPLOADS;
  return { cpu: median(costs), main, block: await longestBlock(url), hashes };
}

await runCommand(command, bench);
