import { mkdtemp, chmod, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseUrls, migrate } from '@tearline/database';
import { type EmbeddedPostgres, startEmbedded } from '@tearline/embedded';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { data } from './toy/data.js';
import { isDelivered, judge } from './verdict.js';

let dir: string;
let server: EmbeddedPostgres;
let pool: pg.Pool;
const rig = {
  rows: async <Row>(sql: string, values?: unknown[]) => (await pool.query(sql, values)).rows as Row[],
};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tearline-verdict-'));
  // PostgreSQL refuses to run as root and takes another user, who must be able to walk in.
  await chmod(dir, 0o755);
  server = await startEmbedded({ dir });
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
  await rm(dir, { recursive: true, force: true });
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
  judge(rig, 'a', { acknowledged: new Set(acknowledged), unknown: new Set(unknown) });

const right = { lost: 0, doubled: 0, disordered: 0, jobsLost: 0, jobsDoubled: 0 };

it('finds nothing wrong where nothing is', async () => {
  await enter(1, 2, 3);
  await copy([1, 1], [2, 2], [3, 3]);
  await stamp(3, 1, 2);
  expect(await count([1, 2], [3, 4])).toMatchObject({ ...right, acknowledged: 2, found: 3, unknownThere: 1 });
  expect(await isDelivered(rig, 'a')).toBe(true);
});

it('finds what is lost: without an effect, or not even there although it was acknowledged', async () => {
  await enter(1, 2);
  await copy([1, 1]);
  await stamp(1);
  expect(await count([1, 2, 3])).toMatchObject({ ...right, found: 1, lost: 2 });
  expect(await isDelivered(rig, 'a')).toBe(false);
});

it('finds what is there twice', async () => {
  await enter(1, 2);
  await copy([1, 1], [1, 1], [2, 2], [2, 2]);
  await stamp(1, 2, 2);
  expect(await count([1, 2])).toMatchObject({ ...right, found: 2, doubled: 2, jobsDoubled: 1 });
});

it('finds what came too early, by its number or by the order of entries', async () => {
  await enter(1, 2, 3);
  await stamp(1, 2, 3);
  await copy([2, 2], [1, 1], [3, 3]);
  expect(await count([1, 2, 3])).toMatchObject({ ...right, disordered: 1 });
  await pool.query('truncate copies.effects');
  await copy([1, 2], [2, 1], [3, 3]);
  expect(await count([1, 2, 3])).toMatchObject({ ...right, disordered: 1 });
});

it('finds a job that was never done', async () => {
  await enter(1, 2);
  await copy([1, 1], [2, 2]);
  await stamp(1);
  expect(await count([1, 2])).toMatchObject({ ...right, jobsLost: 1 });
  expect(await isDelivered(rig, 'a')).toBe(false);
});
