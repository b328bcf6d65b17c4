import { cp, mkdtemp, readdir, readFile, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LogSource } from '../support/log-source.js';
import { LogStore } from '../support/log-store.js';
import { NatsServer } from '../support/nats.js';

const WAIT = { timeout: 60_000, interval: 200 };
const TEST_TIMEOUT_MS = 120_000;
const LONG_AGO = new Date('2026-01-01T00:00:00Z');

vi.setConfig({ testTimeout: TEST_TIMEOUT_MS });

let nats: NatsServer;
let store: LogStore;
let spool: string;
const sources: LogSource[] = [];

beforeEach(async () => {
  nats = new NatsServer();
  await nats.start();
  store = await LogStore.create(nats.url('store'));
  spool = await mkdtemp(join(tmpdir(), 'tearline-spool-'));
});
afterEach(async () => {
  for (const source of sources.splice(0)) await source.kill();
  await store.remove();
  await nats.stop();
  await rm(spool, { recursive: true, force: true });
});

async function startSource(name: string, env: Record<string, string> = {}): Promise<LogSource> {
  const own = { LOGS_URL: nats.url('hosts'), LOGS_SPOOL_DIR: spool, SOURCE: name };
  const source = await LogSource.start({ ...own, ...env });
  sources.push(source);
  return source;
}

/** How many lines the store has of each source, and how many different ones. */
async function found(): Promise<Record<string, { lines: number; different: number; last: number }>> {
  const rows = await store.rows<{ service: string; lines: string; different: string; last: string }>(
    `select service, count(*) as lines, count(distinct msg) as different, max(cast(split_part(msg, ' ', 2) as bigint)) as last
     from logs group by service`,
  );
  return Object.fromEntries(
    rows.map(({ service, lines, different, last }) => [
      service,
      { lines: Number(lines), different: Number(different), last: Number(last) },
    ]),
  );
}

const all = (count: number) => ({ lines: count, different: count, last: count });

/** The lines in the spool. */
async function spooledLines(): Promise<number> {
  const files = await readdir(spool, { recursive: true, withFileTypes: true });
  const texts = await Promise.all(
    files
      .filter((file) => file.isFile())
      .map((file) => readFile(join(file.parentPath, file.name), 'utf8').catch(() => '')),
  );
  return texts.join('').split('\n').length - 1;
}

/** Lets the folders of processes that have ended look as they do a while later. */
async function letTimePass(): Promise<void> {
  for (const name of await readdir(spool)) await utimes(join(spool, name), LONG_AGO, LONG_AGO);
}

describe('lines', () => {
  it('of several processes are found, each once', async () => {
    await store.start();
    const some = await Promise.all(['a', 'b', 'c'].map((name) => startSource(name)));
    await Promise.all(some.map((source) => source.write(5_000)));
    await expect.poll(found, WAIT).toEqual({ a: all(5_000), b: all(5_000), c: all(5_000) });
    await expect.poll(spooledLines, WAIT).toBe(0);
  });

  it('that were written right before the end of a process arrive', async () => {
    await store.start();
    const source = await startSource('a');
    await source.write(100);
    await source.stop();
    await expect.poll(found, WAIT).toEqual({ a: all(100) });
    expect(await readdir(spool)).toEqual([]);
  });

  it('that have arrived when the store is stopped are stored first, also those of several fetches', async () => {
    // It has made the stream.
    await store.start();
    const some = await Promise.all(['a', 'b', 'c'].map((name) => startSource(name)));
    await some[0]!.write(1);
    await expect.poll(found, WAIT).toEqual({ a: all(1) });
    await store.end('SIGKILL');
    await Promise.all([some[0]!.write(59_999), some[1]!.write(60_000), some[2]!.write(60_000)]);
    await expect.poll(spooledLines, WAIT).toBe(0);
    await Promise.all(some.map((source) => source.stop()));
    expect(await readdir(spool)).toEqual([]);
    await store.start();
    expect(await store.end('SIGTERM')).toBe(0);
    expect(await found()).toEqual({ a: all(60_000), b: all(60_000), c: all(60_000) });
  });

  it('wait in the spool while the stream is away, and follow', async () => {
    await store.start();
    const source = await startSource('a');
    await source.write(1_000);
    await nats.kill();
    await source.write(1_000);
    await expect
      .poll(async () => (await source.state()).reports, WAIT)
      .toContain('the stream takes no lines of the log; they wait in the spool');
    await source.write(1_000);
    await nats.start();
    await expect.poll(found, WAIT).toEqual({ a: all(3_000) });
    await expect.poll(spooledLines, WAIT).toBe(0);
    expect((await source.state()).reports.at(-1)).toBe('the stream takes lines of the log');
  });

  it('are found once when the store is killed at any moment', async () => {
    const source = await startSource('a');
    let written = 0;
    const write = async () => {
      await source.write(2_000);
      written += 2_000;
    };
    for (let round = 0; round < 4; round += 1) {
      await store.start();
      for (let part = 0; part < 3; part += 1) await write();
      await expect.poll(async () => (await found())['a']?.lines ?? 0, WAIT).toBeGreaterThan(written - 8_000);
      for (let part = 0; part < 3; part += 1) await write();
      await store.end('SIGKILL');
    }
    await store.start();
    await expect.poll(found, WAIT).toEqual({ a: all(written) });
  });

  it('are found once when a process is killed after the stream had them, and another process sends them again', async () => {
    await nats.kill();
    const first = await startSource('a');
    await first.write(1_000);
    await expect.poll(spooledLines, WAIT).toBe(1_000);
    const copy = await mkdtemp(join(tmpdir(), 'tearline-copy-'));
    try {
      await cp(spool, copy, { recursive: true });
      await nats.start();
      await store.start();
      await expect.poll(found, WAIT).toEqual({ a: all(1_000) });
      await first.kill();
      // The stream does not remember either: only the store knows.
      await nats.kill({ deleteData: true });
      await nats.start();
      await cp(copy, spool, { recursive: true });
    } finally {
      await rm(copy, { recursive: true });
    }
    await letTimePass();
    const second = await startSource('b');
    await second.write(10);
    await expect.poll(spooledLines, WAIT).toBe(0);
    await expect.poll(found, WAIT).toEqual({ a: all(1_000), b: all(10) });
  });

  it('of a process that is killed are lost only as far as they were in its memory', async () => {
    await nats.kill();
    const killed = await startSource('a');
    await killed.write(1_000);
    await expect.poll(spooledLines, WAIT).toBe(1_000);
    await killed.write(7);
    await killed.kill();
    await letTimePass();
    await nats.start();
    await store.start();
    await startSource('b');
    await expect.poll(async () => (await found())['a']?.lines, WAIT).toBeGreaterThanOrEqual(1_000);
    const { lines, last } = (await found())['a']!;
    expect(lines).toBe(last);
    expect(lines).toBeLessThanOrEqual(1_007);
  });

  it('that the spool has no room for are dropped, counted and reported', async () => {
    await nats.kill();
    const source = await startSource('a', { LOGS_SPOOL_MIB: '1' });
    await expect.poll(async () => (await source.state()).reports, WAIT).toHaveLength(1);
    for (let part = 0; part < 30; part += 1) await source.write(100, 1_000);
    await expect.poll(async () => (await source.state()).dropped, WAIT).toBeGreaterThan(0);
    await nats.start();
    await store.start();
    await expect.poll(spooledLines, WAIT).toBe(0);
    await source.write(100);
    await expect
      .poll(async () => (await source.state()).reports, WAIT)
      .toContain('lines of the log were dropped on their way to the stream');
    const { dropped, written } = await source.state();
    await expect
      .poll(async () => (await found())['a'], WAIT)
      .toMatchObject({ lines: written - dropped, different: written - dropped, last: 3_100 });
  });

  it('wait in the spool while the stream is full', async () => {
    await store.start({ LOGS_STREAM_MIB: '1' });
    const source = await startSource('a');
    await source.write(10);
    await expect.poll(found, WAIT).toEqual({ a: all(10) });
    await store.end('SIGKILL');
    for (let part = 0; part < 30; part += 1) await source.write(100, 1_000);
    await expect.poll(spooledLines, WAIT).toBeGreaterThan(1_000);
    await store.start({ LOGS_STREAM_MIB: '1' });
    await expect.poll(found, WAIT).toEqual({ a: all(3_010) });
  });

  it('go on when the stream has lost its data', async () => {
    await store.start();
    const source = await startSource('a');
    await source.write(1_000);
    await expect.poll(found, WAIT).toEqual({ a: all(1_000) });
    await nats.kill({ deleteData: true });
    await nats.start();
    await source.write(1_000);
    await expect.poll(found, WAIT).toEqual({ a: all(2_000) });
  });

  it('that are no JSON, or have no number, are left out and reported', async () => {
    await store.start();
    const source = await startSource('a');
    await source.write(10);
    await expect.poll(found, WAIT).toEqual({ a: all(10) });
    const { connectToStream, LINES_SUBJECT } = await import('@tearline/logs');
    const { connection, jetStream } = await connectToStream(nats.url('hosts'), 'hosts');
    await jetStream.publish(LINES_SUBJECT, '{"level":30', { msgID: 'foreign:1-1' });
    await jetStream.publish(LINES_SUBJECT, '{"level":30}\n');
    await connection.close();
    await source.write(10);
    await expect.poll(found, WAIT).toEqual({ a: all(20) });
    const messages = store.log.map((line) => (JSON.parse(line) as { msg: string }).msg);
    expect(messages).toContain('lines are no JSON, and are left out');
    expect(messages).toContain('a message names no lines, and is left out');
  });
});

it('lines that are long, or have half a character, arrive as far as they can', async () => {
  await store.start();
  const source = await startSource('a');
  const fields = { level: 50, time: Date.now(), requestId: 'r1', stack: 'x'.repeat(2_000_000) };
  await source.log(
    { ...fields, msg: 'y'.repeat(100_000) },
    { level: 30, time: Date.now(), msg: 'half \uD800 of it' },
  );
  await expect.poll(async () => store.rows('select msg from logs order by sequence'), WAIT).toHaveLength(2);
  const [long, half] = await store.rows<{ line: string }>('select line from logs order by sequence');
  expect(JSON.parse(long!.line)).toEqual({
    process: expect.any(String),
    sequence: 1,
    service: 'a',
    level: 50,
    time: fields.time,
    requestId: 'r1',
    msg: 'y'.repeat(8_192),
    shortenedFrom: expect.any(Number),
  });
  expect(JSON.parse(half!.line)).toMatchObject({ msg: 'half \uFFFD of it' });
});

describe('a host', () => {
  it('can neither read the stream nor change it', async () => {
    await store.start();
    const { connectToStream, STREAM_NAME } = await import('@tearline/logs');
    const { connection, manager } = await connectToStream(nats.url('hosts'), 'hosts');
    const streams = (await manager()).streams;
    await expect(streams.info(STREAM_NAME)).rejects.toThrow(/permission/i);
    await expect(streams.delete(STREAM_NAME)).rejects.toThrow(/permission/i);
    await connection.close();
  });
});

it('a second process does not write the same store', async () => {
  await store.start();
  await expect(store.start()).rejects.toThrow(/another process writes the store/);
});
