import { CallContext, runCall } from '@tearline/seam';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type TestDatabase, TestServer } from '../support/database.js';
import { query } from '../support/postgres.js';
import {
  addItems,
  migrateStock,
  openCaller,
  startStockHost,
  type StockHost,
} from './fixtures/stock-hosts.js';

const PRELOADED = new URL('./fixtures/die-after-commit.ts', import.meta.url).href;

const server = new TestServer();
let database: TestDatabase;
let dir: string;
let replicas: StockHost[];
let caller: Awaited<ReturnType<typeof openCaller>>;

beforeAll(async () => {
  await server.start();
});
afterAll(async () => {
  await server.stop();
});

beforeEach(async () => {
  database = await server.newDatabase();
  await migrateStock(database);
  dir = await mkdtemp(join(tmpdir(), 'tearline-replay-'));
  const options = { preloaded: [PRELOADED], env: { DIE_ONCE: join(dir, 'died') } };
  replicas = await Promise.all([startStockHost(database, options), startStockHost(database, options)]);
  caller = await openCaller(replicas.map(({ address }) => address));
});
afterEach(async () => {
  await caller.close();
  await Promise.all(replicas.map((replica) => replica.kill()));
  await rm(dir, { recursive: true });
});

/** Removes the items of product 7, in a request that may carry an idempotency key. */
function remove(idempotencyKey?: string) {
  const deadline = performance.now() + 10_000;
  const context = new CallContext({ requestId: 'r', principal: { id: '1' }, deadline, idempotencyKey });
  return runCall(context, () => caller.stock.remove({ product: 7 }));
}

/** Expects that exactly one replica was killed. */
async function expectOneKilled(): Promise<void> {
  await access(join(dir, 'died'));
  expect(await Promise.race(replicas.map(({ exited }) => exited))).toBe('SIGKILL');
  const ready = await Promise.allSettled(replicas.map(({ url }) => fetch(`${url}/health/ready`)));
  expect(ready.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
}

const productsLeft = async () =>
  (await query<{ product: number }>(database.ownerUrl, 'select product from stock.items order by 1')).map(
    ({ product }) => product,
  );
const keysKept = () => query(database.ownerUrl, 'select principal, operation from stock.idempotency_keys');

it('a command with a key whose callee dies after the commit is answered by the other replica with the first run’s reply', async () => {
  await addItems(database, 7, 3);
  await addItems(database, 8, 1);

  expect(await remove('a key')).toEqual({ removed: 3 });

  await expectOneKilled();
  expect(caller.retries).toEqual(['stock.remove']);
  expect(await productsLeft()).toEqual([8]);
  expect(await keysKept()).toEqual([{ principal: '1', operation: 'answer remove' }]);

  // The repeated request does not see items that were added after its first run.
  await addItems(database, 7, 2);
  expect(await remove('a key')).toEqual({ removed: 3 });
  expect(await productsLeft()).toEqual([7, 7, 8]);
  expect(await remove('another key')).toEqual({ removed: 2 });
});

it('a command without a key whose callee dies after the commit fails as unavailable and is not retried', async () => {
  await addItems(database, 7, 3);

  await expect(remove()).rejects.toMatchObject({ code: 'unavailable', retryable: false });

  await expectOneKilled();
  expect(caller.retries).toEqual([]);
  expect(await productsLeft()).toEqual([]);
  expect(await keysKept()).toEqual([]);

  await addItems(database, 7, 2);
  expect(await remove()).toEqual({ removed: 2 });
});
