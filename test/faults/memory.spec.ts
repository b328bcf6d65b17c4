import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { execFile } from 'node:child_process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestDatabase, TestServer } from '../support/database.js';
import { type RunningApp, startApp } from '../support/running-app.js';
import { killAtLimit } from './memory/kill-at-limit.js';
import { leakUntilEnd } from './memory/leak-until-end.js';

/** What a container may have; a host takes about 160 MiB. */
const LIMIT_MIB = 350;
/** A heap that is full long before the limit. */
const SMALL_HEAP_MIB = 100;
const LEAKS = pathToFileURL(resolve('dist/test/faults/memory/leaks.js'));
const LEAK_SOURCE = /^test\/faults\/memory\/leaks\.ts$/;

const server = new TestServer();
let database: TestDatabase;
let dir: string;
const apps: RunningApp[] = [];

beforeAll(async () => {
  await server.start();
  database = await server.newDatabase();
});
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'evidence-'))));
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.kill()));
  rmSync(dir, { recursive: true });
});
afterAll(() => server.stop());

/** Starts the bundled monolith, which may leak. */
async function start(env: Record<string, string> = {}, heapMib = 2_000): Promise<RunningApp> {
  const app = await startApp({
    entry: 'dist/hosts/monolith.js',
    env: {
      DATABASE_URL: database.ownerUrl,
      MEMORY_EVIDENCE_DIR: dir,
      MEMORY_LIMIT_MIB: `${LIMIT_MIB}`,
      NODE_OPTIONS: `--import=${LEAKS.href} --report-exclude-env --max-old-space-size=${heapMib}`,
      ...env,
    },
  });
  apps.push(app);
  return app;
}

interface Grown {
  readonly functionName: string;
  readonly file: string;
  readonly line: number;
  readonly grown: number;
}

interface Report {
  readonly end?: { readonly cause: string; readonly code?: number };
  readonly before: { readonly rss: number };
  readonly last: { readonly rss: number };
  readonly heap: { readonly functions: readonly Grown[] };
  readonly buffers: { readonly functions: readonly Grown[] };
  readonly snapshot?: string;
}

const memory = async (...args: string[]) =>
  (await promisify(execFile)(process.execPath, ['dist/apps/cli/src/main.js', 'memory', 'report', ...args]))
    .stdout;

async function reports(...args: string[]): Promise<Report[]> {
  return JSON.parse(await memory('--dir', dir, '--json', ...args)) as Report[];
}

const logged = (app: RunningApp, text: string) => app.logs().filter((line) => line.includes(text));

async function lastEnds(app: RunningApp): Promise<Record<string, number>> {
  const text = await (await fetch(`${app.url}/metrics`)).text();
  const series = text.matchAll(/^process_last_end_timestamp_seconds\{cause="(\w+)"\} (\S+)$/gm);
  return Object.fromEntries([...series].map(([, cause, value]) => [cause!, Number(value)]));
}

const files = () =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));

/** As the kernel does at the limit of a container, which a test cannot set everywhere: SIGKILL. */
async function killedAtLimit(leak: string, env: Record<string, string> = {}): Promise<RunningApp> {
  const app = await start(env);
  const [exit] = await Promise.all([killAtLimit(app, LIMIT_MIB), leakUntilEnd(app, '/api/tags', leak)]);
  expect(exit).toBe('SIGKILL');
  return app;
}

describe('a process that is killed at its limit', () => {
  it('leaves the function whose objects fill the heap', async () => {
    const { pid } = await killedAtLimit('heap 2');
    const started = Date.now() / 1_000;
    const next = await start();
    const [report] = await reports();
    expect(report!.end).toMatchObject({ cause: 'memory_limit' });
    const [most] = report!.heap.functions;
    expect(most).toMatchObject({
      functionName: 'rememberArticles',
      file: expect.stringMatching(LEAK_SOURCE),
    });
    // The line of the function in the source.
    expect(readFileSync('test/faults/memory/leaks.ts', 'utf8').split('\n')[most!.line - 1]).toContain(
      'function rememberArticles',
    );
    expect(report!.last.rss).toBeGreaterThan(report!.before.rss);

    const [line] = logged(next, 'an earlier process of this host has ended');
    expect(JSON.parse(line!)).toMatchObject({ level: 50, cause: 'memory_limit', endedPid: pid });
    const ends = await lastEnds(next);
    expect(Math.abs(ends['memory_limit']! - started)).toBeLessThan(60);
    expect(ends).toMatchObject({ oom_kill: 0, heap_limit: 0, killed: 0, exit: 0, error: 0 });
    expect(await memory('--dir', dir)).toMatch(
      /End: it was killed with its memory at the limit[^]*resident +[\d.]+[^]*Heap: \+[^]*rememberArticles  test\/faults\/memory\/leaks\.ts:\d+/,
    );
  }, 120_000);

  it('leaves the function whose buffers fill the memory outside the heap', async () => {
    await killedAtLimit('buffers 2');
    await start();
    const [report] = await reports();
    expect(report!.end).toMatchObject({ cause: 'memory_limit' });
    expect(report!.buffers.functions[0]).toMatchObject({
      functionName: 'renderArticles',
      file: expect.stringMatching(LEAK_SOURCE),
    });
    expect(report!.buffers.functions[0]!.grown).toBeGreaterThan(50 * 1_048_576);
  }, 120_000);

  it('leaves it also when a loop allocates, and no timer runs', async () => {
    await killedAtLimit('endless 1');
    await start();
    const [report] = await reports();
    expect(report!.end).toMatchObject({ cause: 'memory_limit' });
    expect(report!.buffers.functions[0]).toMatchObject({ functionName: 'renderArticles' });
  }, 120_000);
});

describe('a process whose heap is full', () => {
  it('leaves the function whose objects fill it', async () => {
    const app = await start({}, SMALL_HEAP_MIB);
    await leakUntilEnd(app, '/api/tags', 'heap 1');
    expect(await app.exited).toBe('SIGABRT');
    const next = await start();
    const [report] = await reports();
    expect(report!.end).toMatchObject({ cause: 'heap_limit' });
    expect(report!.heap.functions[0]).toMatchObject({ functionName: 'rememberArticles' });
    expect((await lastEnds(next))['heap_limit']).toBeGreaterThan(0);
  }, 120_000);

  it('leaves no passwords, and nothing that another user can read', async () => {
    const password = 'a-password-of-another-user';
    const app = await start({ SMTP_URL: `smtp://user:${password}@127.0.0.1:1` }, SMALL_HEAP_MIB);
    await leakUntilEnd(app, '/api/tags', 'heap 1');
    await app.exited;
    const left = files();
    expect(left.map((file) => file.split('/').at(-1))).toContain('report.json');
    for (const file of left) {
      expect([file, (statSync(file).mode & 0o777).toString(8)]).toEqual([file, '600']);
      // The last is of the rows that leak.
      const secrets = [password, new URL(database.ownerUrl).password || 'postgres://', 'article 1'];
      const text = readFileSync(file, 'latin1');
      expect([file, secrets.filter((secret) => text.includes(secret))]).toEqual([file, []]);
    }
    expect(left.reduce((bytes, file) => bytes + statSync(file).size, 0)).toBeLessThan(500_000);
  }, 120_000);

  it('leaves a heap snapshot where memory for it is left', async () => {
    const app = await start({ MEMORY_SNAPSHOT: 'on', MEMORY_LIMIT_MIB: '4000' }, SMALL_HEAP_MIB);
    await leakUntilEnd(app, '/api/tags', 'heap 0.25');
    await app.exited;
    const [report] = await reports('--all');
    const snapshot = JSON.parse(readFileSync(report!.snapshot!, 'utf8')) as {
      snapshot: { node_count: number };
    };
    expect(snapshot.snapshot.node_count).toBeGreaterThan(100_000);
    expect(statSync(report!.snapshot!).mode & 0o777).toBe(0o600);
  }, 120_000);

  it('leaves none, not even an empty one, where memory for it is missing', async () => {
    const app = await start({ MEMORY_SNAPSHOT: 'on', MEMORY_LIMIT_MIB: '260' }, SMALL_HEAP_MIB);
    await leakUntilEnd(app, '/api/tags', 'heap 1');
    await app.exited;
    expect(files().filter((file) => file.includes('snapshot'))).toEqual([]);
    expect(logged(app, 'no heap snapshot: memory or disk for it is missing')).toHaveLength(1);
  }, 120_000);
});

describe('a process that ends in another way', () => {
  it('leaves nothing after a stop, and the exit code after a failure', async () => {
    const app = await start();
    expect(await app.stop()).toBe(0);
    const next = await start();
    expect(logged(next, 'an earlier process of this host has ended')).toEqual([]);
    expect((await reports('--all')).map(({ end }) => end?.cause)).toEqual([undefined]);
    await next.kill();
    const last = await start();
    expect(logged(last, 'an earlier process of this host has ended: it was killed')).toHaveLength(1);
    expect(await lastEnds(last)).toMatchObject({ killed: expect.any(Number), memory_limit: 0 });
  }, 120_000);

  it('with a folder that cannot be written to does not start', async () => {
    const file = join(dir, 'file');
    await promisify(execFile)('touch', [file]);
    await expect(start({ MEMORY_EVIDENCE_DIR: file })).rejects.toThrow(
      /it ended with 2[^]*MEMORY_EVIDENCE_DIR: '.*file\/.*' cannot be written to \(ENOTDIR\)/,
    );
    expect(existsSync(file)).toBe(true);
  }, 60_000);
});
