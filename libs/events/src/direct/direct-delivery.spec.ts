import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { query, TestPostgres } from '../../../../test/support/postgres.js';
import { migrateQueues } from '../../../../test/support/queues.js';
import { Broker } from '../broker/broker.js';
import { eventually, useTestEnvironment } from '../test-environment.fixture.js';

const server = new TestPostgres();
beforeAll(() => server.start());
afterAll(() => server.stop());

const { current, start, stop, sql, items, count } = useTestEnvironment(async () => {
  const { ownerUrl, queuesUrl } = await server.newDatabase();
  await migrateQueues(ownerUrl, queuesUrl);
  return {
    ownerUrl,
    broker: { databaseUrl: queuesUrl },
    forget: async () => void (await query(ownerUrl, 'truncate bullmq.job cascade')),
  };
});

/** Records each job that is added to a queue, since a job is deleted when it has ended. */
async function recordQueued(): Promise<() => Promise<string[]>> {
  await sql('create table bullmq.recorded (queue text)');
  await sql(`
    create function bullmq.record() returns trigger security definer language plpgsql as $$
    begin insert into bullmq.recorded values (new.queue); return null; end $$`);
  await sql(
    'create trigger recorded after insert on bullmq.job for each row execute function bullmq.record()',
  );
  return async () =>
    (await sql<{ queue: string }>('select distinct queue from bullmq.recorded order by queue')).map(
      ({ queue }) => queue,
    );
}

it('puts no event and no confirmation into a queue when publisher and subscriber share a process', async () => {
  const queued = await recordQueued();
  const app = await start();
  const numbers = Array.from({ length: 40 }, (_, n) => String(n));
  for (const n of numbers) await app.sell(`shelf/${Number(n) % 4}`, n);
  await eventually(async () => expect(await count('ledger.entries')).toBe(40));
  await eventually(async () => expect(await count('shop.outbox')).toBe(0));
  for (const shelf of [0, 1, 2, 3])
    expect(await items(`shelf/${shelf}`)).toEqual(numbers.filter((n) => Number(n) % 4 === shelf));
  expect((await queued()).filter((queue) => !queue.endsWith('.ledger.tick'))).toEqual([]);
});

it('puts them into a queue while an operator has paused it, and handles them when it is resumed', async () => {
  const broker = new Broker(current.environment.broker, 'tearline-sample');
  await broker.queue('ledger').pause();
  const app = await start();
  // The process finds out within a second.
  await app.sell('shelf/1', 'a');
  await eventually(async () => {
    await app.sell('shelf/1', 'b');
    expect(await count("bullmq.job where queue = 'tearline-sample.ledger'")).toBeGreaterThan(0);
  });
  const handled = await items('shelf/1');
  await app.sell('shelf/1', 'last');
  await eventually(async () => expect(await count('shop.outbox where sends = 0')).toBe(0));
  expect(await items('shelf/1')).toEqual(handled);
  await broker.queue('ledger').resume();
  await eventually(async () => expect((await items('shelf/1')).at(-1)).toBe('last'));
  await broker.close();
});

it('handles the others of a batch in which one fails, and takes effect once', async () => {
  const attempts = new Map<string, number>();
  const app = await start({
    concurrency: 1,
    behaviour: {
      sold: ({ payload: { item } }) => {
        const attempt = (attempts.get(item) ?? 0) + 1;
        attempts.set(item, attempt);
        if (item === 'bad' && attempt < 4) throw new Error('not yet');
      },
    },
  });
  for (let n = 0; n < 60; n += 1) await app.sell(`shelf/${n % 20}`, n === 45 ? 'bad' : String(n));
  await eventually(async () => expect(await count('ledger.entries')).toBe(60));
  expect(await items('shelf/5')).toEqual(['5', '25', 'bad']);
  expect(attempts.get('bad')).toBe(4);
  await eventually(async () => expect(await count('shop.outbox')).toBe(0));
  expect(await count('ledger.inbox')).toBe(0);
});

it(
  'rolls a batch back that a handler holds up, and handles the others without it',
  { timeout: 40_000 },
  async () => {
    const slow = vi.fn<() => Promise<void>>(() => pause(2_500));
    const app = await start({
      concurrency: 1,
      behaviour: { sold: ({ payload: { item } }) => (item === 'slow' ? slow() : undefined) },
    });
    // Quick ones let the batches grow.
    for (let n = 0; n < 40; n += 1) await app.sell(`shelf/${n}`, String(n));
    await app.database('shop').transaction(async (manager) => {
      for (const item of ['first', 'slow', 'last'])
        await manager.query(`select append_event('{ledger}', $1, 'shop/sold', 1, $2, '{}')`, [
          `box/${item}`,
          JSON.stringify({ item }),
        ]);
    });
    await eventually(async () => expect(await count('ledger.entries')).toBe(43), 20_000);
    expect(slow.mock.calls.length).toBeLessThanOrEqual(2);
    await eventually(async () => expect(await count('shop.outbox')).toBe(0));
  },
);

it('leaves what it cannot handle soon to other processes', async () => {
  const held = Promise.withResolvers<void>();
  const busy = await start({ concurrency: 1, behaviour: { sold: () => held.promise } });
  for (let n = 0; n < 120; n += 1) await busy.sell(`shelf/${n}`, String(n));
  // The first is being handled, a hundred wait behind it.
  await start({ concurrency: 5 });
  await eventually(async () => expect(await count('ledger.entries')).toBeGreaterThanOrEqual(15), 30_000);
  held.resolve();
  await eventually(async () => expect(await count('ledger.entries')).toBe(120), 30_000);
});

it('gives back on shutdown what it has not begun', async () => {
  const held = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const first = await start({
    concurrency: 1,
    behaviour: { sold: () => (begun.resolve(), held.promise) },
  });
  for (let n = 0; n < 10; n += 1) await first.sell(`shelf/${n}`, String(n));
  await begun.promise;
  await eventually(async () => expect(await count('shop.outbox where attempts = 1')).toBe(10));
  const stopped = stop(first);
  held.resolve();
  await stopped;
  expect(await count('shop.outbox where attempts > 0 or next_at > now()')).toBe(0);
  await start();
  await eventually(async () => expect(await count('ledger.entries')).toBe(10));
});

it('suspects an event that a process took and did not confirm of having ended it', async () => {
  const away = await start({ modules: ['shop'], broker: { redisUrl: 'redis://127.0.0.1:1' } });
  for (const item of ['a', 'b']) await away.sell(`shelf/${item}`, item);
  await stop(away);
  await sql('update shop.outbox set sends = 1, attempts = 1, next_at = now()');
  let [running, most] = [0, 0];
  const claims: number[] = [];
  await start({
    behaviour: {
      sold: async () => {
        most = Math.max(most, (running += 1));
        const [stored] = await sql<{ claims: number }>('select max(claims)::int as claims from ledger.inbox');
        claims.push(stored!.claims);
        running -= 1;
      },
    },
  });
  await eventually(async () => expect(await count('ledger.entries')).toBe(2));
  await eventually(async () => expect(await count('shop.outbox')).toBe(0));
  expect(most).toBe(1);
  // One for the process that ended, one for this attempt.
  expect(claims).toEqual([2, 2]);
});
