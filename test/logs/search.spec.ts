import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { LogSource } from '../support/log-source.js';
import { LogStore } from '../support/log-store.js';
import { NatsServer } from '../support/nats.js';

const WAIT = { timeout: 60_000, interval: 200 };
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const MINUTE = 60_000;
const now = Date.now();

let nats: NatsServer;
let store: LogStore;
let spool: string;
let source: LogSource;

beforeAll(async () => {
  nats = new NatsServer();
  await nats.start();
  store = await LogStore.create(nats.url('store'));
  await store.start();
  spool = await mkdtemp(join(tmpdir(), 'tearline-spool-'));
  source = await LogSource.start({ LOGS_URL: nats.url('hosts'), LOGS_SPOOL_DIR: spool, SOURCE: 'tearline' });
  await source.log(
    { level: 30, time: now - 30 * MINUTE, msg: 'old' },
    { level: 20, time: now - 4 * MINUTE, msg: 'probe', requestId: 'r-1' },
    {
      level: 30,
      time: now - 3 * MINUTE,
      msg: 'request',
      requestId: 'r-2',
      traceId: TRACE,
      module: 'articles',
      status: 200,
    },
    { level: 40, time: now - 2 * MINUTE, msg: 'slow', module: 'social', text: "it's 5 % slower" },
    {
      level: 50,
      time: now - MINUTE,
      msg: 'unexpected error',
      module: 'articles',
      context: 'Feed',
      err: { stack: 'Error: x\n    at y' },
    },
  );
  await vi.waitUntil(async () => (await store.rows('select 1 from logs')).length === 5, WAIT);
});
afterAll(async () => {
  await source?.kill();
  await store?.remove();
  await nats?.stop();
  await rm(spool, { recursive: true, force: true });
});

/** The messages of the lines that a search prints. */
async function messages(options: string): Promise<string[]> {
  const { code, printed, noted } = await store.search('--json', ...options.split(' ').filter(Boolean));
  expect({ code, noted }).toEqual({ code: 0, noted: '' });
  return printed
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { msg: string }).msg);
}

describe('a search', () => {
  it.each([
    ['', ['probe', 'request', 'slow', 'unexpected error']],
    ['--since 1h', ['old', 'probe', 'request', 'slow', 'unexpected error']],
    [`--since ${new Date(now - 2.5 * MINUTE).toISOString()}`, ['slow', 'unexpected error']],
    [`--since 1h --until ${new Date(now - 3.5 * MINUTE).toISOString()}`, ['old', 'probe']],
    ['--level warn', ['slow', 'unexpected error']],
    ['--module articles', ['request', 'unexpected error']],
    ['--module articles --level error', ['unexpected error']],
    ['--module tearline --since 1h', ['old', 'probe']],
    [`--trace ${TRACE}`, ['request']],
    ['--request r-2', ['request']],
    ['--text slower', ['slow']],
    ["--text it's", ['slow']],
    ["--text '", ['slow']],
    ['--text nowhere', []],
    ['--limit 100', ['probe', 'request', 'slow', 'unexpected error']],
  ])('with %s finds %j', async (options, expected) => {
    expect(await messages(options)).toEqual(expected);
  });

  it('prints lines for people', async () => {
    const { printed } = await store.search('--module', 'articles');
    const [request, error, ...stack] = printed.trimEnd().split('\n');
    expect(request).toBe(
      `${new Date(now - 3 * MINUTE).toISOString()} INFO  articles request requestId=r-2 traceId=${TRACE} status=200`,
    );
    expect(error).toBe(`${new Date(now - MINUTE).toISOString()} ERROR articles/Feed unexpected error`);
    expect(stack).toEqual(['Error: x', '    at y']);
  });

  it('says that more lines match than it shows', async () => {
    const { printed, noted } = await store.search('--json', '--limit', '1');
    expect(printed).toContain('unexpected error');
    expect(noted).toBe('More lines match; these are the newest 1. --limit shows more.\n');
  });

  it('runs SQL', async () => {
    const sql =
      'select module, count(*) as lines from logs where module is not null group by module order by module';
    const { printed } = await store.search('--sql', sql);
    expect(printed).toBe('{"module":"articles","lines":"2"}\n{"module":"social","lines":"1"}\n');
  });

  it('follows what arrives, until it is interrupted', async () => {
    const interruption = new AbortController();
    let printed = '';
    const onPrinted = (text: string) => void (printed += text);
    const ended = store.run(['search', '--follow', '--json', '--text', 'followed'], {
      signal: interruption.signal,
      onPrinted,
    });
    for (const part of [1, 2, 3]) {
      const line = { level: 30, time: Date.now(), msg: `followed ${part}` };
      await source.log(line, { ...line, msg: 'other' });
      await expect.poll(() => printed, WAIT).toContain(`followed ${part}`);
    }
    interruption.abort();
    expect((await ended).code).toBe(0);
    const shown = printed
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { msg: string }).msg);
    expect(shown).toEqual(['followed 1', 'followed 2', 'followed 3']);
  });
});

describe('the command line', () => {
  it.each([
    ['--since 15x', 'Expected a time such as 15m, 2h, 3d or 2026-11-30T05:00:00Z.'],
    ['--since yesterday', 'Expected a time such as'],
    ['--trace abc', 'Expected 32 hexadecimal digits'],
    ['--level loud', 'Expected one of trace, debug, info, warn, error, fatal.'],
    ['--limit 0', 'Expected a whole number from 1 to'],
    ['--modul articles', "unknown option '--modul'\n(Did you mean --module?)"],
    ['--follow --until 5m', '--follow goes on without an end; leave --until out'],
    ['--sql x --level error', '--sql stands alone, or with --since; leave --level out'],
    ['--sql select', '--sql: Parser Error'],
    ['--sql nowhere', '--sql: Parser Error'],
  ])('refuses %s', async (options, message) => {
    const { code, printed, noted } = await store.search(...options.split(' '));
    expect({ code, printed, noted }).toEqual({
      code: 2,
      printed: '',
      noted: expect.stringContaining(message),
    });
  });

  it.each([
    ['select * from nowhere', 'nowhere does not exist'],
    ['drop view logs', 'expected a query; the store is only read'],
    ["copy logs to '/tmp/copy.csv'", 'disabled by configuration'],
    ['create table copy as from logs', 'expected a query'],
    ['select 1; select 2', 'expected one query, got 2 statements'],
    ["select * from read_csv('/etc/passwd')", 'disabled by configuration'],
  ])('refuses the query %s', async (sql, message) => {
    const { code, noted } = await store.search('--sql', sql);
    expect({ code, noted }).toEqual({ code: expect.any(Number), noted: expect.stringContaining(message) });
    expect(code).not.toBe(0);
  });

  it('says where it looked for a store', async () => {
    const nowhere = await LogStore.create('');
    await nowhere.remove();
    const { code, noted } = await nowhere.search();
    expect({ code, noted }).toEqual({
      code: 2,
      noted: expect.stringContaining(`LOGS_DIR: no store in ${nowhere.dir}`),
    });
  });

  it.each([
    ['', 'LOGS_URL: expected the NATS server that hosts send their log to, but it is not set'],
    ['http://127.0.0.1:4222', 'it does not begin with nats:// or tls://'],
    ['nats://127.0.0.1:4222/logs', 'it has a path or a query'],
    ['nats://store@127.0.0.1:4222', 'it has a user without a password'],
  ])('does not serve with LOGS_URL=%s', async (url, message) => {
    const other = await LogStore.create(url);
    await expect(other.start()).rejects.toThrow(message);
    await other.remove();
  });

  it('has help', async () => {
    const { code, printed } = await store.run(['--help']);
    expect({ code, printed }).toEqual({
      code: 0,
      printed: expect.stringContaining('Usage: npm run logs --'),
    });
    expect((await store.run(['search', '--help'])).printed).toContain('--trace <id>');
    expect((await store.run(['serve', '--help'])).printed).toContain('LOGS_RETENTION_DAYS');
  });
});
