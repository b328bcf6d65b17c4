import { databaseUrls, migrate } from '@tearline/database';
import type { EmbeddedPostgres } from '@tearline/embedded';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startPostgres } from '../../support/postgres.js';
import { data } from './sample/data.js';
import { isDelivered, verify } from './verdict.js';

let server: EmbeddedPostgres;
let pool: pg.Pool;
const environment = {
  rows: async <Row>(sql: string, values?: unknown[]) => (await pool.query(sql, values)).rows as Row[],
};

beforeAll(async () => {
  server = await startPostgres();
  const urls = databaseUrls(['ledger', 'copies'], {}, server.url);
  await migrate(
    server.url,
    data.map((one) => ({ data: one, url: urls[one.schema]! })),
  );
  pool = new pg.Pool({ connectionString: server.url });
  // The server may be gone before the connections are.
  pool.on('error', () => undefined);
});
afterAll(async () => {
  await pool?.end();
  await server?.stop();
});
beforeEach(async () => {
  await pool.query('truncate ledger.entries, copies.effects, copies.stamps');
});

const enter = (...ns: number[]) =>
  pool.query("insert into ledger.entries (aggregate, n) select 'a/1', unnest($1::int[])", [ns]);
const copy = (...effects: [seq: number, n: number][]) =>
  pool.query(
    "insert into copies.effects (aggregate, seq, n) select 'a/1', seq, n from unnest($1::int[], $2::int[]) as _(seq, n)",
    [effects.map(([seq]) => seq), effects.map(([, n]) => n)],
  );
const stamp = (...ns: number[]) =>
  pool.query("insert into copies.stamps (aggregate, n) select 'a/1', unnest($1::int[])", [ns]);
const count = (acknowledged: number[], unknown: number[] = []) =>
  verify(environment, 'a', { acknowledged: new Set(acknowledged), unknown: new Set(unknown) });

const correct = { lost: 0, doubled: 0, disordered: 0, jobsLost: 0, jobsDoubled: 0 };

it('accepts correct results', async () => {
  await enter(1, 2, 3);
  await copy([1, 1], [2, 2], [3, 3]);
  await stamp(3, 1, 2);
  expect(await count([1, 2], [3, 4])).toMatchObject({
    ...correct,
    acknowledged: 2,
    found: 3,
    unknownThere: 1,
  });
  expect(await isDelivered(environment, 'a')).toBe(true);
});

it('counts lost entries: without an effect, or acknowledged and not committed', async () => {
  await enter(1, 2);
  await copy([1, 1]);
  await stamp(1);
  expect(await count([1, 2, 3])).toMatchObject({ ...correct, found: 1, lost: 2 });
  expect(await isDelivered(environment, 'a')).toBe(false);
});

it('counts effects and jobs that happened twice', async () => {
  await enter(1, 2);
  await copy([1, 1], [1, 1], [2, 2], [2, 2]);
  await stamp(1, 2, 2);
  expect(await count([1, 2])).toMatchObject({ ...correct, found: 2, doubled: 2, jobsDoubled: 1 });
});

it('counts effects out of order, by number or by entry', async () => {
  await enter(1, 2, 3);
  await stamp(1, 2, 3);
  await copy([2, 2], [1, 1], [3, 3]);
  expect(await count([1, 2, 3])).toMatchObject({ ...correct, disordered: 1 });
  await pool.query('truncate copies.effects');
  await copy([1, 2], [2, 1], [3, 3]);
  expect(await count([1, 2, 3])).toMatchObject({ ...correct, disordered: 1 });
});

it('counts lost jobs', async () => {
  await enter(1, 2);
  await copy([1, 1], [2, 2]);
  await stamp(1);
  expect(await count([1, 2])).toMatchObject({ ...correct, jobsLost: 1 });
  expect(await isDelivered(environment, 'a')).toBe(false);
});
