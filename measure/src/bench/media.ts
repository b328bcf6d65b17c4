/** Measures what uploads cost the host that takes them, and how fast another one makes variants: `npm run bench:media`. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import sharp from 'sharp';
import { note, npmScript, runCommand } from '../kit/command.js';
import { sendRequest } from '../kit/http-request.js';
import { processor } from '../kit/machine.js';
import { readMetric, sumSamples } from '../kit/metrics.js';
import { cpuOf, preciseCpu, residentMemory } from '../kit/process-usage.js';
import { table } from '../kit/report/markdown.js';
import type { ServerProcess } from '../kit/server-process.js';
import { medianRound } from '../kit/statistics.js';
import { untilProcessed, uploadOf } from '../kit/uploads.js';
import { Bench, SERVICE } from './bench.js';

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

async function run(_options: object, cleanup: AsyncDisposableStack): Promise<void> {
  const bench = await Bench.open(cleanup, { isSeeded: false });
  const limits = { MEDIA_UPLOADS_PER_MINUTE: '100000', MEDIA_BYTES_PER_USER: `${10 ** 11}` };
  const start = (modules: readonly string[], roles: string) => {
    const env = { HOST_MODULES: modules.join(), HOST_ROLES: roles, ...limits };
    return bench.startHost({ name: roles, entry: SERVICE, env, modules });
  };
  const api = await start(['identity', 'media'], 'http');
  const token = await register(api.url);
  const entry = join(import.meta.dirname, 'baselines/upload-receiver.js');
  const bare = await bench.startServer({ name: 'bare', entry, env: { DIR: bench.dir } });

  note('warming up');
  const accepted: string[] = [];
  for (let turn = 0; turn < UPLOADS; turn += 1)
    for (const { url } of [api, bare]) {
      const hash = await upload(url, token, await pictureOf('jpeg', 102_400));
      if (url === api.url) accepted.push(hash);
    }
  const uploads: string[][] = [];
  for (const format of FORMATS)
    for (const [size, bytes] of Object.entries(SIZES)) {
      note(`measuring ${format} of ${size}`);
      const { cpu, main, block, hashes } = await costOfUploads(api, token, () => pictureOf(format, bytes));
      accepted.push(...hashes);
      const baseline = await costOfUploads(bare, token, () => pictureOf(format, bytes));
      uploads.push([format, size, ...[cpu, baseline.cpu, main, block].map((value) => value.toFixed(1))]);
    }
  const memory = `${residentMemory(api.pid).toFixed(0)} MiB afterwards`;

  const worker = await start(['media'], 'jobs');
  await untilProcessed(api.url, accepted);
  const variants: string[][] = [];
  for (const format of ['jpeg', 'png'] as const) {
    note(`measuring variants of ${format}`);
    variants.push([format, '', ...(await measureVariants(api, worker, token, format))]);
  }
  const uploadHead = ['format', 'size', 'CPU ms each', 'bare', 'in the main thread', 'longest block ms'];
  const variantHead = ['format', '', 'variants/s', 'CPU ms a picture', 'longest block ms', 'MiB'];
  const parts = [
    processor(),
    `The host that takes uploads (http only, ${memory}), ${UPLOADS} of each, one after the other, beside a bare node:http ` +
      'server that only receives, hashes and writes',
    table(uploadHead, uploads),
    `The host that makes variants (jobs only), one at a time, of ${PICTURES} pictures of 12 megapixels each`,
    table(variantHead, variants),
  ];
  process.stdout.write(`${parts.join('\n\n')}\n`);
}

/** @returns the cells of the table */
async function measureVariants(
  api: ServerProcess,
  worker: ServerProcess,
  token: string,
  format: 'jpeg' | 'png',
): Promise<string[]> {
  const picture = await photo(format);
  const before = cpuOf(worker.pid);
  const started = performance.now();
  const hashes: string[] = [];
  for (let index = 0; index < PICTURES; index += 1)
    hashes.push(await upload(api.url, token, Buffer.concat([picture, randomBytes(8)])));
  await untilProcessed(api.url, hashes);
  const seconds = (performance.now() - started) / 1_000;
  const cpu = (cpuOf(worker.pid) - before) / PICTURES;
  const block = await longestBlock(worker.url);
  return [
    ((PICTURES * VARIANTS) / seconds).toFixed(1),
    cpu.toFixed(0),
    block.toFixed(1),
    residentMemory(worker.pid).toFixed(0),
  ];
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

/** Returns the longest block of the event loop in milliseconds, and resets it. */
const longestBlock = async (url: string) =>
  sumSamples(await readMetric(url, 'nodejs_eventloop_lag_max_seconds')) * 1_000;

/** Returns the medians of CPU milliseconds of an upload, and the longest block of the event loop. */
async function costOfUploads(
  { url, pid }: ServerProcess,
  token: string,
  make: () => Promise<Buffer>,
): Promise<{ cpu: number; main: number; block: number; hashes: string[] }> {
  const hashes: string[] = [];
  const costs: { all: number; mainThread: number }[] = [];
  await longestBlock(url);
  for (let turn = 0; turn < UPLOADS; turn += 1) {
    const picture = await make();
    const before = preciseCpu(pid);
    hashes.push(await upload(url, token, picture));
    const after = preciseCpu(pid);
    costs.push({ all: after.all - before.all, mainThread: after.mainThread - before.mainThread });
  }
  const { all: cpu, mainThread: main } = medianRound(costs);
  return { cpu, main, block: await longestBlock(url), hashes };
}

await runCommand(command, run);
