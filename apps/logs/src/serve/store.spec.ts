import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runLogs } from '../cli.js';
import { readSegments } from '../store/segment.js';
import { Store } from './store.js';

const KEPT = { days: 14, bytes: 1e9 };
const EPOCH = 1_796_000_000_000;

let dir: string;
let store: Store;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tearline-log-store-'));
  store = await Store.open(dir);
});
afterEach(async () => {
  vi.useRealTimers();
  store.close();
  await rm(dir, { recursive: true });
});

/** Adds one line in one message. */
async function add(sequence: number, { length = 0 } = {}): Promise<void> {
  const fields = {
    process: 'p',
    sequence,
    level: 30,
    time: Date.now(),
    msg: `line ${sequence}`,
    filling: noise(length),
  };
  const range = { epoch: EPOCH, first: sequence, last: sequence };
  const line = { process: 'p', first: sequence, last: sequence };
  await store.add(range, [Buffer.from(`${JSON.stringify(fields)}\n`)], [line]);
}

const noise = (length: number) => Array.from({ length }, () => Math.random().toString(36).at(-1)).join('');

async function lines(): Promise<number> {
  let printed = '';
  await runLogs(
    [
      'search',
      '--since',
      '1000d',
      '--sql',
      'select count(distinct msg) as lines, count(*) as rows from logs',
    ],
    {
      env: { LOGS_DIR: dir },
      signal: new AbortController().signal,
      print: (text) => void (printed += text),
      note: (line) => expect.fail(line),
    },
  );
  const { lines, rows } = JSON.parse(printed) as { lines: string; rows: string };
  expect(lines).toBe(rows);
  return Number(lines);
}

const segments = async () => (await readSegments(dir)).current.map(({ first, last }) => `${first}-${last}`);

describe('the store', () => {
  it('says how far it has come, and what it has, also after a start', async () => {
    for (const sequence of [1, 2, 4]) await add(sequence);
    store.close();
    store = await Store.open(dir);
    expect(await store.newest()).toMatchObject({ epoch: EPOCH, first: 4, last: 4 });
    const isStored = (first: number) => store.stored.has({ process: 'p', first, last: first });
    expect([1, 2, 3, 4, 5].map(isStored)).toEqual([true, true, false, true, false]);
    expect(store.stored.has({ process: 'other', first: 1, last: 1 })).toBe(false);
  });

  it('merges the many files of an hour into one, in whose place the others are read until then', async () => {
    for (let sequence = 1; sequence <= 64; sequence += 1) await add(sequence);
    await store.maintain(KEPT);
    expect(await segments()).toEqual(['1-64']);
    expect((await readSegments(dir)).superseded).toHaveLength(64);
    expect(await lines()).toBe(64);
    await add(65);
    const [merged] = (await readSegments(dir)).current;
    const longAgo = new Date(Date.now() - 120_000);
    await utimes(merged!.file, longAgo, longAgo);
    await store.maintain(KEPT);
    expect((await readSegments(dir)).superseded).toEqual([]);
    expect(await segments()).toEqual(['1-64', '65-65']);
    expect(await lines()).toBe(65);
  });

  it('merges the files of an hour that is over, and none with a gap between them', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 });
    for (const sequence of [1, 2, 3, 7, 8]) await add(sequence);
    vi.useRealTimers();
    await store.maintain(KEPT);
    expect(await segments()).toEqual(['1-3', '7-8']);
    expect(await lines()).toBe(5);
  });

  it('forgets lines past their days, and the oldest ones beyond its size', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 15 * 86_400_000 });
    await add(1);
    vi.useRealTimers();
    await add(2, { length: 1_000_000 });
    await add(3, { length: 1_000_000 });
    await store.maintain(KEPT);
    expect(await segments()).toEqual(['2-2', '3-3']);
    await store.maintain({ ...KEPT, bytes: 900_000 });
    expect(await segments()).toEqual(['3-3']);
    // Without it, the store would not know where to go on.
    await store.maintain({ ...KEPT, bytes: 1 });
    expect(await segments()).toEqual(['3-3']);
  });

  it('removes what a killed process left', async () => {
    await writeFile(join(dir, 'staging', '1-1-1.parquet'), 'half of it');
    store.close();
    store = await Store.open(dir);
    expect(await readdir(join(dir, 'staging'))).toEqual([]);
  });
});
