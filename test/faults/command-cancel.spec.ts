import { CallContext, isSeamError, runCall } from '@tearline/seam';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestDatabase, TestServer } from '../support/database.js';
import { query } from '../support/postgres.js';
import {
  addItems,
  migrateStock,
  openCaller,
  startStockHost,
  type StockHost,
  stockUrl,
} from './fixtures/stock-hosts.js';

const CALLS = 500;
const AT_ONCE = 50;
const DEADLINE_MS = 200;
/** Longer than the test: every delayed call is cancelled. */
const DELAY_SECONDS = 60;
/** Allowance for a busy machine. */
const TOLERANCE_MS = 5_000;

const server = new TestServer();
let database: TestDatabase;
let host: StockHost;
let caller: Awaited<ReturnType<typeof openCaller>>;

beforeAll(async () => {
  await server.start();
  database = await server.newDatabase();
  await migrateStock(database);
  host = await startStockHost(database);
  caller = await openCaller([host.address]);
});
afterAll(async () => {
  await caller.close();
  await host.stop();
  await server.stop();
});

function remove(within: number) {
  const context = new CallContext({ requestId: 'r', deadline: performance.now() + within });
  return runCall(context, () => caller.stock.remove({ product: 7 }));
}

/** The active connections of the module's role, which only the role itself may see. */
async function activeConnections() {
  return query(
    stockUrl(database),
    `select state, wait_event from pg_stat_activity
      where usename = current_user and state <> 'idle' and pid <> pg_backend_pid()`,
  );
}

/** The number of delayed calls: a sequence counts rolled-back transactions as well. */
async function delayedCalls(): Promise<number> {
  const [row] = await query<{ count: string }>(
    database.ownerUrl,
    'select case when is_called then last_value else 0 end as count from stock.delays',
  );
  return Number(row!.count);
}

it('cancelled calls leave the database idle, over the seam as well', { timeout: 60_000 }, async () => {
  await addItems(database, 7, 3);
  expect(await remove(10_000)).toEqual({ removed: 3 });
  await query(
    database.ownerUrl,
    `create sequence stock.delays;
     grant usage on sequence stock.delays to public;
     create function stock.delay() returns trigger language plpgsql as
       'begin perform nextval(''stock.delays''), pg_sleep(${DELAY_SECONDS}); return null; end';
     create trigger delay before delete on stock.items for each statement execute function stock.delay();`,
  );
  await addItems(database, 7, 2);

  const took: number[] = [];
  const outcomes: unknown[] = [];
  const call = async () => {
    const started = performance.now();
    outcomes.push(
      await remove(DEADLINE_MS).catch((error: unknown) => (isSeamError(error) ? error.code : error)),
    );
    took.push(performance.now() - started);
  };
  let left = CALLS;
  const worker = async () => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));

  expect(await delayedCalls()).toBeGreaterThan(5);
  const ended = performance.now();
  await expect.poll(activeConnections).toEqual([]);
  expect(performance.now() - ended).toBeLessThan(TOLERANCE_MS);
  expect(outcomes).toEqual(Array<string>(CALLS).fill('deadline-exceeded'));
  expect(Math.max(...took)).toBeLessThan(DEADLINE_MS + TOLERANCE_MS);

  await query(database.ownerUrl, 'drop trigger delay on stock.items');
  expect(await remove(10_000)).toEqual({ removed: 2 });
  expect(process.kill(host.pid, 0)).toBe(true);
});
