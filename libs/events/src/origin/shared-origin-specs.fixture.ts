import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Broker } from '../broker/broker.js';
import type { Delivery } from '../delivery.js';
import { Copy } from '../sample-modules.fixture.js';
import { eventually, type TestEnvironment, useTestEnvironment } from '../test-environment.fixture.js';

/** Specs of messages that a host with the credential of the queues, and with one module's keys, has forged. */
export function originSpecs(newEnvironment: () => Promise<TestEnvironment>): void {
  const { current, start, sql, items, count, signerOf } = useTestEnvironment(newEnvironment);
  let broker: Broker;
  let sent = 0;
  beforeEach(async () => {
    broker = new Broker(current.environment.broker, 'tearline-sample');
    await broker.check();
  });
  afterEach(() => broker.close());

  const eventOf = (changes: Partial<Delivery> = {}): Delivery => ({
    publisher: 'shop',
    id: 1,
    aggregate: 'shelf/1',
    seq: 1,
    type: 'shop/sold',
    version: 1,
    payload: { item: 'forged' },
    context: { principal: { id: '1' } },
    at: new Date().toISOString(),
    ...changes,
  });
  const send = (queue: string, data: unknown, jobId = `forged-${(sent += 1)}`) =>
    broker.queue(queue).add('shop/sold', data, { jobId });
  const refusedIn = async (registry: Registry, queue: string) => {
    const text = await registry.metrics();
    return Number(new RegExp(`events_refused_total\\{queue="${queue}"\\} (\\d+)`).exec(text)?.[1] ?? 0);
  };

  describe('an event', () => {
    const forgeries: [string, () => Promise<unknown>][] = [
      ['without a signature', async () => eventOf()],
      ['that is no event', async () => 'nothing'],
      ['with a guessed signature', async () => ({ ...eventOf(), signature: 'A'.repeat(86) })],
      ['that another module has signed', async () => (await signerOf('ledger')).event('ledger', eventOf())],
      [
        'that another module has signed in its own name',
        async () => (await signerOf('ledger')).event('ledger', eventOf({ publisher: 'ledger' })),
      ],
      [
        'that was meant for another subscriber',
        async () => (await signerOf('shop')).event('copies', eventOf()),
      ],
      [
        'whose principal was changed',
        async () => ({
          ...(await signerOf('shop')).event('ledger', eventOf()),
          context: { principal: { id: '2' } },
        }),
      ],
      [
        'of an unknown module',
        async () => (await signerOf('ledger')).event('ledger', eventOf({ publisher: 'unknown' })),
      ],
    ];

    it('is refused, moves no cursor and keeps no real event back', async () => {
      const registry = new Registry();
      const handled = vi.fn<(item: string) => void>();
      const app = await start({ registry, behaviour: { sold: ({ payload }) => handled(payload.item) } });
      for (const [, forge] of forgeries) await send('ledger', await forge());
      await eventually(async () => expect(await refusedIn(registry, 'ledger')).toBe(forgeries.length));
      expect(await count('ledger.inbox_cursors')).toBe(0);
      expect(await count('ledger.inbox')).toBe(0);
      await app.sell('shelf/1', 'real');
      await eventually(async () => expect(await items('shelf/1')).toEqual(['real']));
      await eventually(async () => expect(await count('shop.outbox')).toBe(0));
      expect(handled.mock.calls).toEqual([['real']]);
    });

    it('under the id of the next real one does not swallow that', async () => {
      const publisher = await start({ modules: ['shop'] });
      await publisher.sell('shelf/1', 'first');
      await eventually(async () => expect(await broker.queue('ledger').getWaitingCount()).toBe(1));
      const [first] = await broker.queue('ledger').getWaiting();
      const [prefix, id, suffix] = /^(shop)-(\d+)-(.*)$/.exec(first!.id!)!.slice(1);
      await send('ledger', eventOf(), `${prefix}-${Number(id) + 1}-${suffix}`);
      await send('ledger', eventOf(), `${prefix}-${Number(id) + 1}`);
      await publisher.sell('shelf/1', 'second');
      await eventually(async () => expect(await broker.queue('ledger').getWaitingCount()).toBe(4));
      await start({ modules: ['ledger'] });
      await eventually(async () => expect(await items('shelf/1')).toEqual(['first', 'second']));
    });

    it('is accepted with a key that was made while the host runs', async () => {
      const app = await start();
      await app.sell('shelf/1', 'before');
      await eventually(async () => expect(await items('shelf/1')).toEqual(['before']));
      await current.migrate({ deployment: 'new-keys' });
      // The first host knows the old keys, the second the new ones.
      const next = await start({ modules: ['shop'] });
      await next.sell('shelf/1', 'after');
      await eventually(async () => {
        // What was refused would be sent again after 15 seconds.
        await sql('update shop.outbox set next_at = now() where sends > 0');
        expect(await items('shelf/1')).toEqual(['before', 'after']);
      });
    });
  });

  it('a confirmation deletes nothing unless its subscriber has signed it', async () => {
    const registry = new Registry();
    const publisher = await start({ modules: ['shop'], registry });
    await publisher.sell('shelf/1', 'a');
    const [row] = await sql<{ id: string }>('select id from shop.outbox');
    const confirmation = { subscriber: 'ledger', ids: [Number(row!.id)] };
    await send('shop.confirmed', confirmation);
    const asShop = await signerOf('shop');
    await send('shop.confirmed', asShop.confirmation('shop.confirmed', confirmation));
    const asLedger = await signerOf('ledger');
    await send('shop.confirmed', asLedger.confirmation('another.confirmed', confirmation));
    await eventually(async () => expect(await refusedIn(registry, 'shop.confirmed')).toBe(3));
    expect(await count('shop.outbox')).toBe(1);
    await send('shop.confirmed', asLedger.confirmation('shop.confirmed', confirmation));
    await eventually(async () => expect(await count('shop.outbox')).toBe(0));
  });

  it('a job runs only when its own module has signed it', async () => {
    const registry = new Registry();
    const copied = vi.fn<(name: string) => void>();
    const app = await start({ registry, behaviour: { copy: async ({ name }) => copied(name) } });
    await app
      .database('ledger')
      .transaction((manager) => app.ledger.enqueue(manager, Copy, { name: 'late' }, { delayMs: 3_600_000 }));
    const [row] = await sql<{ id: string }>('select id from ledger.outbox');
    const job = { id: Number(row!.id), round: 0 };
    await send('ledger.copy', job);
    await send('ledger.copy', (await signerOf('shop')).job('ledger.copy', job));
    await eventually(async () => expect(await refusedIn(registry, 'ledger.copy')).toBe(2));
    expect(copied).not.toHaveBeenCalled();
    await sql('update ledger.outbox set next_at = now()');
    await eventually(() => expect(copied.mock.calls).toEqual([['late']]));
  });
}
