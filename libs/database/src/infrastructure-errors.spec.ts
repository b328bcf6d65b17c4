import { CallContext, runCall, SeamError } from '@tearline/seam';
import type { Pool } from 'pg';
import { In } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { statement } from './index.js';
import { type SampleHost, SampleServers } from './replication/sample-hosts.fixture.js';

const UNAVAILABLE = [
  '08006', // connection failure
  '25006', // read only: no longer the primary
  '25P03', // idle in transaction session timeout
  '28P01', // wrong password
  '40001', // serialization failure
  '40P01', // deadlock
  '53100', // disk full
  '53200', // out of memory
  '53300', // too many connections
  '55P03', // lock not available
  '57P01', // admin shutdown
  '57P02', // crash shutdown
  '57P03', // cannot connect now
  '57P05', // idle session timeout
  '58030', // I/O error
];
const TIMED_OUT = [
  '57014', // query canceled
  '25P04', // transaction timeout
];
const OTHERS = ['22012', '23505', '42501', 'XX000'];

const servers = new SampleServers();
let hosts: Record<'a single server' | 'a primary that is monitored', SampleHost>;

beforeAll(async () => {
  await servers.start({ replicas: 0 });
  const [single, monitored] = await Promise.all([servers.host(), servers.host({ isCached: true })]);
  hosts = { 'a single server': single, 'a primary that is monitored': monitored };
  await servers.embedded.server.execute(
    `create function notes.fail(code text) returns int language plpgsql as
       'begin raise exception using errcode = code, message = code; end'`,
  );
});

afterAll(() => servers.stop());

const FAIL = statement<unknown>('notes.fail', 'select notes.fail($1)');
const codeOf = async (work: () => Promise<unknown>) => {
  try {
    await work();
    return 'none';
  } catch (error) {
    return error instanceof SeamError ? error.code : 'other';
  }
};

describe.each(['a single server', 'a primary that is monitored'] as const)('on %s', (kind) => {
  it('an error of the infrastructure is unavailable, a statement that takes too long deadline-exceeded', async () => {
    const { notes, repository, ...host } = hosts[kind];
    const outcomes = (code: string) =>
      Promise.all(
        [
          () => notes.reader.row(FAIL, [code]),
          () => repository.query('select notes.fail($1)', [code]),
          () => repository.manager.transaction((manager) => manager.query('select notes.fail($1)', [code])),
        ].map((work) => codeOf(() => host.request(work))),
      );
    const all = async (codes: string[]) => (await Promise.all(codes.map(outcomes))).flat();
    expect(new Set(await all(UNAVAILABLE))).toEqual(new Set(['unavailable']));
    expect(new Set(await all(TIMED_OUT))).toEqual(new Set(['deadline-exceeded']));
    expect(new Set(await all(OTHERS))).toEqual(new Set(['other']));
  });

  it('transactions that deadlock are repeated, and each takes effect once', async () => {
    const { notes, repository, ...host } = hosts[kind];
    const [one, other] = [await repository.save({ text: '' }), await repository.save({ text: '' })];
    const both = Promise.withResolvers<void>();
    let begun = 0;
    const update = (first: number, second: number, mark: string) =>
      host.request(() =>
        notes.transactions.run(`append ${mark}`, null, async (manager) => {
          const append = 'update notes set text = text || $2 where id = $1';
          await manager.query(append, [first, mark]);
          if ((begun += 1) === 2) both.resolve();
          await both.promise;
          await manager.query(append, [second, mark]);
        }),
      );
    await Promise.all([update(one.id, other.id, 'a'), update(other.id, one.id, 'b')]);
    expect(begun).toBeGreaterThan(2);
    const rows = await repository.findBy({ id: In([one.id, other.id]) });
    expect(rows.map(({ text }) => text.split('').toSorted().join(''))).toEqual(['ab', 'ab']);
  });

  it('a statement outside of a transaction is repeated after a conflict', async () => {
    const { repository, ...host } = hosts[kind];
    await servers.embedded.server.execute(
      'create sequence if not exists notes.attempts',
      'alter sequence notes.attempts restart',
      'grant usage on sequence notes.attempts to public',
      `create or replace function notes.fail_twice() returns bigint language plpgsql as
         'declare n bigint := nextval(''notes.attempts'');
          begin if n < 3 then raise exception using errcode = ''40001''; end if; return n; end'`,
    );
    const rows = await host.request(() => repository.query<unknown[]>('select notes.fail_twice()::int as n'));
    expect(rows).toEqual([{ n: 3 }]);
  });

  it('statements may take as long as their call, and a second longer', async () => {
    const { repository } = hosts[kind];
    const timeout = async (deadlineMs?: number) => {
      const show = () => repository.query<{ statement_timeout: string }[]>('show statement_timeout');
      const deadline = performance.now() + (deadlineMs ?? 0);
      const call = new CallContext({ requestId: 'r', deadline });
      const [row] = await (deadlineMs === undefined ? show() : runCall(call, show));
      return row!.statement_timeout;
    };
    expect(await timeout()).toBe('31s');
    expect(await timeout(5_000)).toBe('31s');
    expect(await timeout(Infinity)).toBe('31s');
    const long = await timeout(120_000);
    expect(long.replace('ms', '')).toMatch(/^(12[01]\d\d\d|121s)$/);
    expect(await timeout(5_000)).toBe('31s');
  });
});

it('statements and waits for a connection may take longer than a request', async () => {
  const { repository } = await servers.host({ requestTimeout: 45_000 });
  const { connection } = repository.manager;
  const [row] = await connection.query<{ statement_timeout: string }[]>('show statement_timeout');
  expect(row!.statement_timeout).toBe('46s');
  const { master } = connection.driver as unknown as { master: Pool };
  expect(master.options.connectionTimeoutMillis).toBe(46_000);
});
