import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { CallContext, runCall } from '@tearline/seam';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type SecurePostgres, startSecurePostgres } from '../../../test/support/secure-postgres.js';
import { CancellablePool } from './cancellable-pool.js';

let database: SecurePostgres;
let observer: pg.Client;

const call = () => new CallContext({ requestId: 'r', deadline: performance.now() + 60_000 });

beforeAll(async () => {
  database = await startSecurePostgres();
  observer = new pg.Client({ connectionString: database.socketUrl });
  await observer.connect();
});

afterAll(async () => {
  await observer.end();
  await database.stop();
});

const newPool = (connectionString: string) => {
  const pool = new CancellablePool({ connectionString, max: 5, application_name: 'pool under test' });
  onTestFinished(() => pool.end());
  return pool;
};

async function running(): Promise<number> {
  const { rows } = await observer.query<{ n: number }>(
    `select count(*)::int as n from pg_stat_activity where application_name = 'pool under test' and state = 'active'`,
  );
  return rows[0]!.n;
}

/** Runs a long query in each of five calls. */
async function runLong(pool: CancellablePool): Promise<{ cancel: () => void; ended: Promise<unknown[]> }> {
  const calls = Array.from({ length: 5 }, call);
  const queries = calls.map((context) => runCall(context, () => pool.query('select pg_sleep(30)')));
  const ended = Promise.allSettled(queries).then((results) => results.map(({ status }) => status));
  await expect.poll(running, { interval: 5 }).toBe(5);
  return { cancel: () => calls.forEach((context) => context.cancel()), ended };
}

it.each(['tlsUrl', 'socketUrl'] as const)(
  'cancels the query of a cancelled call, and leaves the pool usable: %s',
  async (url) => {
    const pool = newPool(database[url]);
    for (let round = 0; round < 10; round += 1) {
      const { cancel, ended } = await runLong(pool);
      cancel();
      expect(await ended).toEqual(Array(5).fill('rejected'));
      await expect.poll(running, { interval: 5 }).toBe(0);
      const after = await Promise.all(
        Array.from({ length: 5 }, () => runCall(call(), () => pool.query('select 1 as one'))),
      );
      expect(after.map(({ rows }) => (rows as { one: number }[])[0]!.one)).toEqual([1, 1, 1, 1, 1]);
    }
  },
);

it('opens one connection at a time to cancel, also when the server does not answer', async () => {
  let isPaused = false;
  const paused = new Set<Socket>();
  const counts = { paused: 0, concurrent: 0 };
  const proxy = createServer((socket) => {
    socket.on('error', () => undefined);
    if (!isPaused) {
      const server = connect(database.port, '127.0.0.1').on('error', () => socket.destroy());
      socket.pipe(server).pipe(socket);
      return;
    }
    paused.add(socket);
    counts.paused += 1;
    counts.concurrent = Math.max(counts.concurrent, paused.size);
    socket.resume().once('close', () => paused.delete(socket));
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(() => void proxy.close());
  const { port } = proxy.address() as AddressInfo;
  const pool = newPool(Object.assign(new URL(database.tlsUrl), { port: `${port}` }).href);

  const { cancel, ended } = await runLong(pool);
  isPaused = true;
  cancel();
  await expect.poll(() => counts.paused).toBe(2);
  expect(counts.concurrent).toBe(1);
  isPaused = false;
  expect(await ended).toEqual(Array(5).fill('rejected'));
});

it('cancels every query of a cancelled call, also queries that begin after the cancellation', async () => {
  const pool = newPool(database.tlsUrl);
  const context = call();
  const client = await runCall(context, () => pool.connect());
  context.cancel();
  for (let query = 0; query < 3; query += 1)
    await expect(client.query('select pg_sleep(30)')).rejects.toThrow('canceling statement');
  client.release();
});

it('starts no query for a call that was cancelled before, or while it waited for a connection', async () => {
  const pool = newPool(database.socketUrl);
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

it('does not use the connection of a cancelled query again', async () => {
  const pool = newPool(database.socketUrl);
  const context = call();
  const client = await runCall(context, () => pool.connect());
  const pidOf = async (on: Pick<pg.ClientBase, 'query'>) =>
    (await on.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]!.pid;
  const pid = await pidOf(client);
  const query = client.query('select pg_sleep(30)');
  context.cancel();
  await expect(query).rejects.toThrow('canceling statement');
  client.release();
  expect(await pidOf(pool)).not.toBe(pid);
});

it('leaves the connection alone when a call is cancelled after its query', async () => {
  const pool = newPool(database.socketUrl);
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
