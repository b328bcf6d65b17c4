import { setImmediate } from 'node:timers/promises';
import { beforeEach, expect, it, vi } from 'vitest';
import { ledgerDatabase } from '../ledger-database.fixture.js';
import type { WorkerContext } from '../handlers/worker-context.js';
import type { Delivery } from '../delivery.js';
import { Sold } from '../sample-modules.fixture.js';
import { eventually } from '../test-environment.fixture.js';
import { Suspects } from '../handlers/suspects.js';
import { EventProcessor } from './event-processor.js';

const ledger = ledgerDatabase();
beforeEach(async () => {
  handled.mockClear();
  await ledger.database.query('delete from inbox');
  await ledger.database.query('delete from inbox_cursors');
  await ledger.database.query(
    `insert into inbox_cursors (publisher, aggregate, last) values ('shop', 'shelf/1', 2)`,
  );
});

const handled = vi.fn<WorkerContext['metrics']['handled']>();
function processorOf(handle: () => Promise<void>, suspects = new Suspects(0)): EventProcessor {
  const { signal } = new AbortController();
  return new EventProcessor(
    {
      module: 'ledger',
      events: new Map([['shop/sold', { contract: Sold, handle }]]),
      jobs: new Map(),
      schedules: [],
    },
    {
      database: ledger.database,
      metrics: { handled, retried: () => undefined },
      shutdown: { stopping: signal, aborting: signal },
      suspects,
      concurrency: 2,
    } as unknown as WorkerContext,
  );
}
const delivery = (seq: number, aggregate = 'shelf/1'): Delivery => ({
  publisher: 'shop',
  id: 100 + seq,
  aggregate,
  seq,
  type: 'shop/sold',
  version: 1,
  payload: { item: 'a' },
  context: {},
  at: new Date().toISOString(),
});
const states = () => ledger.database.query(`select seq::int, state from inbox order by seq`);

it('stores an early event whose process has crashed, and parks nothing', async () => {
  await processorOf(async () => undefined).process(delivery(5), 10);
  expect(await states()).toEqual([{ seq: 5, state: 'waiting' }]);
  expect(await ledger.database.query('select from inbox_cursors where parked_at is not null')).toEqual([]);
});

it('handles events whose process has crashed one at a time, whatever the broker counted', async () => {
  let [running, most] = [0, 0];
  const processor = processorOf(async () => {
    running += 1;
    most = Math.max(most, running);
    await setImmediate();
    running -= 1;
  });
  for (const shelf of ['a', 'b', 'c']) await processor.process(delivery(1, shelf), 99);
  expect(most).toBe(0);
  processor.start();
  await eventually(async () => expect(await states()).toEqual([]));
  await processor.stop();
  expect(most).toBe(1);
  expect(handled.mock.calls.map(([, , outcome]) => outcome)).toEqual(['handled', 'handled', 'handled']);
});

it('leaves an event whose process has crashed alone in a process that has just started, and counts nothing', async () => {
  const handle = vi.fn<() => Promise<void>>(async () => undefined);
  const processor = processorOf(handle, new Suspects(60_000));
  await processor.process(delivery(3), 1);
  for (const seq of [1, 2]) await processor.process(delivery(seq, 'shelf/2'), 0);
  await processor.process(delivery(4, 'shelf/2'), 1);
  await processor.drain('shop', 'shelf/1');
  expect(await ledger.database.query('select seq::int, claims::int from inbox order by seq')).toEqual([
    { seq: 3, claims: 1 },
    { seq: 4, claims: 1 },
  ]);
  expect(handle).toHaveBeenCalledTimes(2);
});

it('handles an event that is stored before one whose process has crashed', async () => {
  const processor = processorOf(async () => undefined, new Suspects(60_000));
  await processor.process(delivery(4), 1);
  await ledger.database.query(
    `insert into inbox (publisher, aggregate, seq, event) values ('shop', 'shelf/1', 3, $1)`,
    [JSON.stringify(delivery(3))],
  );
  await processor.drain('shop', 'shelf/1');
  expect(await states()).toEqual([{ seq: 4, state: 'waiting' }]);
});

it('counts dead letters', async () => {
  const processor = processorOf(() => Promise.reject(new Error('no paper')));
  await ledger.database.query(
    `insert into inbox (publisher, aggregate, seq, event, attempts) values ('shop', 'shelf/1', 3, '{}', 7)`,
  );
  await processor.process(delivery(3), 0);
  expect(await states()).toEqual([{ seq: 3, state: 'dead' }]);
  await ledger.database.query(
    `insert into inbox (publisher, aggregate, seq, event, claims) values ('shop', 'shelf/2', 1, $1, 3)`,
    [JSON.stringify(delivery(1, 'shelf/2'))],
  );
  processor.start();
  await eventually(() => expect(handled).toHaveBeenCalledTimes(2));
  await processor.stop();
  expect(handled.mock.calls.map((call) => call.slice(0, 3))).toEqual([
    ['ledger', 'shop/sold', 'dead'],
    ['ledger', 'shop/sold', 'dead'],
  ]);
});
