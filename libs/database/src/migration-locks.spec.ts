import pg from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { query, TestPostgres } from '../../../test/support/postgres.js';
import { databaseUrls, migrate } from './index.js';

/** A request waits for a migration at most until its lock_timeout of one second; the rest is for a busy machine. */
const MAX_REQUEST_MS = 5_000;

class CreateItems1760000000000 implements MigrationInterface {
  up = (runner: QueryRunner) =>
    runner.query('create table shop.items (id int); insert into shop.items values (1)');
  down = (runner: QueryRunner) => runner.query('drop table shop.items');
}

class AddPrice1760000000001 implements MigrationInterface {
  up = (runner: QueryRunner) => runner.query('alter table shop.items add column price int');
  down = (runner: QueryRunner) => runner.query('alter table shop.items drop column price');
}

const server = new TestPostgres();
let ownerUrl: string;
let url: string;
let report: pg.Client;
let pid: number;

const migrateTo = (
  last: new () => MigrationInterface,
  log?: (line: string) => void,
  options?: { giveUpAfterMs?: number },
) => {
  const all = [CreateItems1760000000000, AddPrice1760000000001];
  const migrations = async () => all.slice(0, all.indexOf(last) + 1);
  return migrate(ownerUrl, [{ url, data: { schema: 'shop', migrations } }], log, options);
};

beforeAll(() => server.start());
afterAll(() => server.stop());

afterEach(() => report.end());

beforeEach(async () => {
  ({ ownerUrl } = await server.newDatabase());
  url = databaseUrls(['shop'], {}, ownerUrl)['shop']!;
  await migrateTo(CreateItems1760000000000);
  report = new pg.Client({ connectionString: url, application_name: 'report' });
  report.on('error', () => undefined);
  await report.connect();
  await report.query('begin');
  await report.query('select from items');
  [{ pid }] = (await report.query<{ pid: number }>('select pg_backend_pid() as pid')).rows as [
    { pid: number },
  ];
});

it('a migration behind a long reader names it and waits, while requests go on', async () => {
  const requests = { longestMs: 0, isOver: false };
  const requesting = (async () => {
    while (!requests.isOver) {
      const began = performance.now();
      await query(url, 'select from items');
      requests.longestMs = Math.max(requests.longestMs, performance.now() - began);
    }
  })();
  const lines: string[] = [];
  const migrating = migrateTo(AddPrice1760000000001, (line) => lines.push(line));
  await expect.poll(() => lines, { timeout: 20_000 }).toHaveLength(2);
  expect(lines[0]).toContain(`a lock, which pid ${pid} (application 'report', role '`);
  await report.query('commit');
  expect(await migrating).toBe(1);
  expect(lines.at(-1)).toBe('shop: AddPrice1760000000001');
  requests.isOver = true;
  await requesting;
  expect(requests.longestMs).toBeLessThan(MAX_REQUEST_MS);
  expect(await query(url, 'select price from items')).toEqual([{ price: null }]);
});

it('a migration that gives up says who holds the lock, and what to do', async () => {
  const giving = migrateTo(AddPrice1760000000001, undefined, { giveUpAfterMs: 0 });
  await expect(giving).rejects.toThrow(
    new RegExp(
      String.raw`^migrate: no lock within 1 s, .*pid ${pid} \(application 'report'.*select pg_terminate_backend\(${pid}\)`,
    ),
  );
  await report.query('commit');
  expect(await migrateTo(AddPrice1760000000001)).toBe(1);
});
