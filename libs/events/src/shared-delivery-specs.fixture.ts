import { currentCall, event, SeamError } from '@tearline/seam';
import { expect, it, vi } from 'vitest';
import { z } from 'zod';
import { Broker } from './broker/broker.js';
import { query } from '../../../test/support/postgres.js';
import type { Delivery } from './delivery.js';
import { eventually, type TestEnvironment, useTestEnvironment } from './test-environment.fixture.js';
import {
  type Behaviour,
  Closed,
  createSampleSchemas,
  NoSubscribers,
  type SampleApp,
} from './sample-modules.fixture.js';

/** Specs of events with queues on Redis and on PostgreSQL. */
export function deliverySpecs(newEnvironment: () => Promise<TestEnvironment>): void {
  const { current, start, stop, sql, items, count, letters, signerOf } = useTestEnvironment(newEnvironment);
  const failsOn = (poison: Set<string>): Behaviour => ({
    sold: ({ payload: { item } }) => {
      if (poison.has(item)) throw new Error(`${item} is poison`);
    },
  });
  /** Skips to the last attempt, instead of waiting for seven. */
  const skipToLastAttempt = () =>
    eventually(async () => {
      const changed = await sql(
        'update ledger.inbox set attempts = 7, next_at = now() where attempts > 0 returning 1',
      );
      expect(changed).toHaveLength(1);
    });

  it('handles each event exactly once, in order within an aggregate, in several processes', async () => {
    const publisher = await start({ modules: ['shop'] });
    await Promise.all([start({ modules: ['ledger'] }), start({ modules: ['ledger'], concurrency: 5 })]);
    const numbers = Array.from({ length: 30 }, (_, n) => String(n));
    const aggregates = Array.from({ length: 6 }, (_, n) => `shelf/${n}`);
    await Promise.all(
      aggregates.map(async (aggregate) => {
        for (const n of numbers) await publisher.sell(aggregate, n);
      }),
    );
    await eventually(async () => expect(await count('ledger.entries')).toBe(180), 30_000);
    await eventually(async () => expect(await count('shop.outbox')).toBe(0));
    for (const aggregate of aggregates) expect(await items(aggregate)).toEqual(numbers);
    expect(await count('ledger.inbox')).toBe(0);
  });

  it('writes nothing without subscribers, and nothing when the transaction is rolled back', async () => {
    const app = await start({ isWorker: false });
    const shop = app.database('shop');
    await shop.transaction((manager) => app.shop.publish(manager, NoSubscribers, 'shelf/1', {}));
    await expect(
      shop.transaction(async (manager) => {
        await app.shop.publish(manager, Closed, 'shelf/1', {});
        throw new Error('rolled back');
      }),
    ).rejects.toThrow('rolled back');
    expect(await count('shop.outbox')).toBe(0);
    expect(await count('shop.event_sequences')).toBe(0);
  });

  it('publishes from a statement written by hand', async () => {
    const app = await start();
    await app
      .database('shop')
      .query(`select append_event($1, 'shelf/1', $2, $3, '{}', $4)`, app.shop.appendEventArguments(Closed));
    app.shop.relayNow();
    await eventually(async () =>
      expect(await count('ledger.inbox_cursors where ended_at is not null')).toBe(1),
    );
    expect(await count('shop.event_sequences where ended_at is not null')).toBe(1);
  });

  it('delivers the event of a process that crashed after its commit', async () => {
    const away = await start({ modules: ['shop'], broker: { redisUrl: 'redis://127.0.0.1:1' } });
    await away.sell('shelf/1', 'a');
    await stop(away);
    expect(await count('shop.outbox')).toBe(1);
    await start();
    await eventually(async () => expect(await items('shelf/1')).toEqual(['a']));
  });

  it('delivers everything after the broker has lost it', { timeout: 60_000 }, async () => {
    const publisher = await start({ modules: ['shop'] });
    for (const n of ['1', '2', '3']) await publisher.sell('shelf/1', n);
    await eventually(async () => expect(await count('shop.outbox where sends = 1')).toBe(3));
    await current.environment.forget();
    await start({ modules: ['ledger'] });
    await publisher.sell('shelf/1', '4');
    await eventually(async () => expect(await items('shelf/1')).toEqual(['1', '2', '3', '4']), 40_000);
    await eventually(async () => expect(await count('shop.outbox')).toBe(0), 40_000);
  });

  it('recognises duplicates, and waits for missing events', async () => {
    await start({ modules: ['ledger'] });
    const broker = new Broker(current.environment.broker, 'tearline-sample');
    await broker.check();
    const signer = await signerOf('shop');
    let sent = 0;
    const deliver = (seq: number) => {
      const delivery: Delivery = {
        publisher: 'shop',
        id: 100 + seq,
        aggregate: 'shelf/1',
        seq,
        type: 'shop/sold',
        version: 1,
        payload: { item: String(seq) },
        context: {},
        at: new Date().toISOString(),
      };
      return broker
        .queue('ledger')
        .add('shop/sold', signer.event('ledger', delivery), { jobId: `x-${(sent += 1)}` });
    };
    const confirmed = async () =>
      (await broker.queue('shop.confirmed').getWaiting())
        .flatMap(({ data }) => data.ids as number[])
        .sort((a, b) => a - b);
    for (const seq of [3, 2, 3]) await deliver(seq);
    await eventually(async () => expect(await confirmed()).toEqual([102, 103, 103]));
    expect(await items('shelf/1')).toEqual([]);
    for (const seq of [1, 1, 2]) await deliver(seq);
    await eventually(async () => expect(await confirmed()).toHaveLength(6));
    await eventually(async () => expect(await items('shelf/1')).toEqual(['1', '2', '3']));
    for (const seq of [1, 2, 3, 4]) await deliver(seq);
    await eventually(async () => expect(await confirmed()).toHaveLength(10));
    expect(await items('shelf/1')).toEqual(['1', '2', '3', '4']);
    expect(await count('ledger.inbox')).toBe(0);
    await broker.close();
  });

  it('handles other aggregates while one is being handled, and continues with it afterwards', async () => {
    const held = Promise.withResolvers<void>();
    const app = await start({
      behaviour: { sold: ({ payload: { item } }) => (item === 'slow' ? held.promise : undefined) },
    });
    await app.sell('shelf/1', 'slow');
    for (let n = 0; n < 10; n += 1) await app.sell('shelf/1', String(n));
    await app.sell('shelf/2', 'quick');
    await eventually(async () => expect(await items('shelf/2')).toEqual(['quick']));
    // The slow one may be stored, too: an event is stored while another transaction has its aggregate.
    await eventually(async () => expect(await count('ledger.inbox where seq > 1')).toBe(10));
    held.resolve();
    await eventually(async () => expect(await items('shelf/1')).toHaveLength(11));
    expect(await items('shelf/1')).toEqual(['slow', ...Array.from({ length: 10 }, (_, n) => String(n))]);
  });

  it('parks only the aggregate of a dead letter; a retry handles it and the events behind it', async () => {
    const poison = new Set(['bad']);
    const app = await start({ behaviour: failsOn(poison) });
    for (const item of ['good', 'bad', 'late', 'last']) await app.sell('shelf/1', item);
    await skipToLastAttempt();
    await eventually(async () => expect(await count(`ledger.inbox where state = 'dead'`)).toBe(1));
    await app.sell('shelf/2', 'other');
    await eventually(async () => expect(await items('shelf/2')).toEqual(['other']));
    await eventually(async () => expect(await count('shop.outbox')).toBe(0));
    expect(await items('shelf/1')).toEqual(['good']);
    poison.clear();
    expect(await letters('retry')).toMatchObject([
      { event: 'shop/sold', aggregate: 'shelf/1', seq: 2, attempts: 8, waiting: 2 },
    ]);
    await eventually(async () => expect(await items('shelf/1')).toEqual(['good', 'bad', 'late', 'last']));
    expect(await count('ledger.inbox')).toBe(0);
  });

  it('continues without a dead letter that was dropped', async () => {
    const app = await start({ behaviour: failsOn(new Set(['bad'])) });
    for (const item of ['good', 'bad', 'late']) await app.sell('shelf/1', item);
    await skipToLastAttempt();
    await eventually(async () => expect(await count(`ledger.inbox where state = 'dead'`)).toBe(1));
    const [letter] = await letters('drop');
    expect(letter!.error).toContain('bad is poison');
    await eventually(async () => expect(await items('shelf/1')).toEqual(['good', 'late']));
  });

  it('uses one idempotency key for all attempts, and does not count infrastructure errors', async () => {
    const keys: (string | undefined)[] = [];
    const counted: number[] = [];
    const outcomes = [
      new SeamError('unavailable'),
      new Error('own fault'),
      new SeamError('deadline-exceeded'),
    ];
    const app = await start({
      behaviour: {
        sold: async () => {
          keys.push(currentCall()!.idempotencyKey);
          const [kept] = await sql<{ attempts: number }>('select attempts from ledger.inbox');
          counted.push(kept?.attempts ?? 0);
          const error = outcomes.shift();
          if (error) throw error;
        },
      },
    });
    await app.sell('shelf/1', 'a');
    await eventually(async () => expect(await items('shelf/1')).toEqual(['a']));
    expect(counted).toEqual([0, 0, 1, 1]);
    expect(keys).toHaveLength(4);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^event:shop:\d+$/);
  });

  it('takes effect once when the connection of its handler breaks', async () => {
    let breaks = true;
    const app = await start({
      behaviour: {
        sold: async (_event, manager) => {
          const [row] = await manager.query<{ pid: number }[]>('select pg_backend_pid() as pid');
          if (breaks) await query(current.urls['ledger']!, 'select pg_terminate_backend($1)', [row!.pid]);
          breaks = false;
        },
      },
    });
    await app.sell('shelf/1', 'a');
    await app.sell('shelf/1', 'b');
    await eventually(async () => expect(await items('shelf/1')).toEqual(['a', 'b']));
  });

  it('makes an event a dead letter when its handler crashes the process each time', async () => {
    await sql(
      `insert into ledger.inbox (publisher, aggregate, seq, claims, event)
       select 'shop', 'shelf/1', seq, case seq when 1 then 3 else 0 end,
         jsonb_build_object('publisher', 'shop', 'id', 100 + seq, 'aggregate', 'shelf/1', 'seq', seq,
           'type', 'shop/sold', 'version', 1, 'payload', jsonb_build_object('item', 'number ' || seq),
           'context', '{}'::jsonb, 'at', now())
       from generate_series(1, 2) as seq`,
    );
    await start({ modules: ['ledger'] });
    await eventually(async () => expect(await count(`ledger.inbox where state = 'dead'`)).toBe(1));
    const [letter] = await letters('drop');
    expect(letter!.error).toContain('ended during 3 attempts in a row');
    await eventually(async () => expect(await items('shelf/1')).toEqual(['number 2']));
  });

  it('handles stored events although its schedules and other aggregates fail', async () => {
    const store = (aggregate: string, event: string) =>
      sql(`insert into ledger.inbox (publisher, aggregate, seq, event) values ('shop', $1, 1, $2)`, [
        aggregate,
        event,
      ]);
    await start({ modules: ['ledger'], concurrency: 2 });
    await sql('drop table ledger.schedules');
    for (const aggregate of ['broken/1', 'broken/2']) await store(aggregate, '{}');
    await store(
      'shelf/1',
      JSON.stringify({
        publisher: 'shop',
        id: 101,
        aggregate: 'shelf/1',
        seq: 1,
        type: 'shop/sold',
        version: 1,
        payload: { item: 'a' },
        context: {},
        at: new Date(),
      } satisfies Record<keyof Delivery, unknown>),
    );
    await eventually(async () => expect(await items('shelf/1')).toEqual(['a']));
  });

  it('reads the payload of an earlier release, and leaves that of a later one in the inbox', async () => {
    const v2 = event('shop/sold', {
      version: 2,
      payload: z.object({ item: z.string(), count: z.int() }),
      earlier: [
        {
          payload: z.object({ item: z.string() }),
          upgrade: ({ item }) => ({ item: `${item} (old)`, count: 1 }),
        },
      ],
    });
    const [before, after] = [
      await start({ modules: ['shop'] }),
      await start({ modules: ['shop'], sold: v2 }),
    ];
    const old = await start({ modules: ['ledger'] });
    await before.sell('shelf/1', 'a');
    await eventually(async () => expect(await items('shelf/1')).toEqual(['a']));
    await after
      .database('shop')
      .transaction((manager) => after.shop.publish(manager, v2, 'shelf/1', { item: 'b', count: 2 }));
    await before.sell('shelf/1', 'c');
    await eventually(async () => expect(await count('ledger.inbox')).toBe(2));
    expect(await sql('select attempts from ledger.inbox where seq = 2')).toEqual([{ attempts: 0 }]);
    await start({ modules: ['ledger'], sold: v2 });
    await stop(old);
    await eventually(async () => expect(await items('shelf/1')).toEqual(['a', 'b', 'c (old)']), 25_000);
  });

  it('keeps the events of two deployments on one server apart', async () => {
    const other = await newEnvironment();
    const urls = await createSampleSchemas(other.ownerUrl);
    const [one, two] = await Promise.all([
      start({ namespace: 'tearline-one' }),
      start({ namespace: 'tearline-two', urls }),
    ]);
    const numbers = Array.from({ length: 20 }, (_, n) => String(n));
    for (const n of numbers)
      await Promise.all([one.sell('shelf/1', `one ${n}`), two.sell('shelf/1', `two ${n}`)]);
    const itemsOf = async (app: SampleApp) =>
      (await app.database('ledger').query<{ item: string }[]>('select item from entries order by id')).map(
        ({ item }) => item,
      );
    await eventually(async () => {
      expect(await itemsOf(one)).toEqual(numbers.map((n) => `one ${n}`));
      expect(await itemsOf(two)).toEqual(numbers.map((n) => `two ${n}`));
    });
  });

  it('handles events in worker processes only', async () => {
    const idle = vi.fn<() => void>();
    const busy = vi.fn<() => void>();
    const front = await start({ isWorker: false, behaviour: { sold: idle } });
    await front.sell('shelf/1', 'a');
    await start({ modules: ['ledger'], behaviour: { sold: busy } });
    await eventually(() => expect(busy).toHaveBeenCalledTimes(1));
    await eventually(async () => expect(await count('shop.outbox')).toBe(0));
    expect(idle).not.toHaveBeenCalled();
  });

  it('finishes running handlers on shutdown, and leaves the rest to other processes', async () => {
    const begun = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const first = await start({
      concurrency: 1,
      behaviour: { sold: () => (begun.resolve(), release.promise) },
    });
    await first.sell('shelf/1', 'a');
    await begun.promise;
    await first.sell('shelf/2', 'b');
    const closed = stop(first);
    release.resolve();
    await closed;
    await eventually(async () => expect(await items('shelf/1')).toEqual(['a']));
    await start();
    await eventually(async () => expect(await items('shelf/2')).toEqual(['b']), 20_000);
    expect(await items('shelf/1')).toEqual(['a']);
  });
}
