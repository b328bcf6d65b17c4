import type { EmbeddedPostgres } from '@tearline/embedded';
import { CallContext, runCall } from '@tearline/seam';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startPostgres } from '../../../test/support/postgres.js';
import { CancellablePool } from './cancellable-pool.js';

let database: EmbeddedPostgres;
let pool: CancellablePool;
let observer: pg.Client;

const call = () => new CallContext({ requestId: 'r', deadline: performance.now() + 60_000 });

beforeAll(async () => {
  database = await startPostgres();
  pool = new CancellablePool({ connectionString: database.url, max: 5, application_name: 'pool under test' });
  observer = new pg.Client({ connectionString: database.url });
  await observer.connect();
});

afterAll(async () => {
  await observer.end();
  await pool.end();
  await database.stop();
});

async function running(): Promise<number> {
  const { rows } = await observer.query<{ n: number }>(
    `select count(*)::int as n from pg_stat_activity where application_name = 'pool under test' and state = 'active'`,
  );
  return rows[0]!.n;
}

it('cancels the query of a cancelled call, and leaves the pool usable', async () => {
  for (let round = 0; round < 20; round += 1) {
    const calls = Array.from({ length: 5 }, call);
    const queries = calls.map((context) => runCall(context, () => pool.query('select pg_sleep(30)')));
    const ended = Promise.allSettled(queries);
    await expect.poll(running, { interval: 5 }).toBe(5);
    for (const context of calls) context.cancel();
    expect((await ended).map(({ status }) => status)).toEqual(Array(5).fill('rejected'));
    await expect.poll(running, { interval: 5 }).toBe(0);
    const after = await Promise.all(calls.map(() => runCall(call(), () => pool.query('select 1 as one'))));
    expect(after.map(({ rows }) => (rows as { one: number }[])[0]!.one)).toEqual([1, 1, 1, 1, 1]);
  }
});

it('cancels every query of a cancelled call, also queries that begin after the cancellation', async () => {
  const context = call();
  const client = await runCall(context, () => pool.connect());
  context.cancel();
  for (let query = 0; query < 3; query += 1)
    await expect(client.query('select pg_sleep(30)')).rejects.toThrow('canceling statement');
  client.release();
});

it('starts no query for a call that was cancelled before, or while it waited for a connection', async () => {
  const late = call();
  late.cancel();
  await expect(runCall(late, () => pool.query('select 1'))).rejects.toMatchObject({ code: 'cancelled' });

  const held = await Promise.all(Array.from({ length: 5 }, () => pool.connect()));
  const waiting = call();
  const query = Promise.allSettled([runCall(waiting, () => pool.query('select 1'))]);
  waiting.cancel();
  for (const client of held) client.release();
  expect(await query).toMatchObject([{ status: 'rejected', reason: { code: 'cancelled' } }]);
});

it('leaves the connection alone when a call is cancelled after its query', async () => {
  const context = call();
  await runCall(context, () => pool.query('select 1'));
  const { rows } = await pool.query<{ pid: number }>('select pg_backend_pid() as pid');
  context.cancel();
  expect((await pool.query('select pg_backend_pid() as pid')).rows).toEqual(rows);
});

it('rejects with unavailable in a call, and with the cause outside of calls', async () => {
  const unreachable = new CancellablePool({ host: '127.0.0.1', port: 1, user: 'x', database: 'x' });
  await expect(runCall(call(), () => unreachable.query('select 1'))).rejects.toMatchObject({
    code: 'unavailable',
    retryable: true,
  });
  await expect(unreachable.query('select 1')).rejects.toThrow('ECONNREFUSED');
  await unreachable.end();
});
