import { Injectable, Module } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  CallContext,
  type ClientOf,
  command,
  contract,
  type IdempotencyStore,
  Implements,
  type KeyedCommand,
  query,
  runCall,
  SeamError,
} from '../index.js';
import { openCallee, openCaller, Watcher } from './apps.fixture.js';
import { openWire } from './wire.fixture.js';

const ShopContract = contract('shop', {
  buy: command({
    input: z.object({ item: z.string(), at: z.date() }),
    output: z.object({ order: z.int(), at: z.date() }),
  }),
  orders: query({ output: z.int() }),
  busy: query({ output: z.int(), errors: ['shop/busy'] }),
  wait: query({ output: z.int() }),
});
type Shop = ClientOf<typeof ShopContract>;

@Implements(ShopContract)
@Injectable()
class ShopService implements Shop {
  count = 0;
  tries = 0;
  waiting: (() => void)[] = [];
  /** Runs after the effect and before the reply. */
  afterEffect = () => {};

  async buy({ at }: { readonly at: Date }) {
    this.count += 1;
    this.afterEffect();
    return { order: this.count, at };
  }
  async orders() {
    this.afterEffect();
    return this.count;
  }
  async busy() {
    this.tries += 1;
    if (this.tries < 3) throw new SeamError('shop/busy', { retryable: true });
    return this.tries;
  }
  async wait() {
    await new Promise<void>((resolve) => this.waiting.push(resolve));
    return this.waiting.length;
  }
}

@Module({ providers: [ShopService] })
class ShopModule {}

/** An idempotency store in memory: one run for each key. */
class Memory implements IdempotencyStore {
  readonly replies = new Map<string, Promise<string>>();
  readonly commands: KeyedCommand[] = [];

  async runOnce(asked: KeyedCommand, run: () => Promise<string>): Promise<string> {
    this.commands.push(asked);
    const known = this.replies.get(asked.key);
    if (known) return known;
    const reply = run();
    this.replies.set(asked.key, reply);
    return reply;
  }
}

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

async function shop(idempotency?: IdempotencyStore, server: Parameters<typeof openCallee>[1] = {}) {
  const callee = await openCallee(
    { local: [ShopContract], ...(idempotency && { idempotency }) },
    server,
    ShopModule,
  );
  open.push(callee.close);
  return { callee, service: callee.app.get(ShopService, { strict: false }) };
}

async function customer(addresses: string[], tuning = {}) {
  const watcher = new Watcher();
  const caller = await openCaller(addresses, { observer: watcher }, tuning, ShopContract);
  open.push(caller.close);
  return { client: caller.client, watcher };
}

const keyed = (idempotencyKey?: string) =>
  new CallContext({ requestId: 'r', deadline: performance.now() + 5000, idempotencyKey });
const order = { item: 'book', at: new Date(77) };

describe('when the connection is lost before the reply', () => {
  /** Cuts the wire once, after the effect and before the reply. */
  async function cutOnce(idempotency?: IdempotencyStore) {
    const { callee, service } = await shop(idempotency);
    const wire = await openWire(callee.address);
    open.push(wire.close);
    service.afterEffect = () => {
      service.afterEffect = () => {};
      wire.cut();
    };
    return { service, ...(await customer([wire.address])) };
  }

  it('a query is asked again', async () => {
    const { client, watcher } = await cutOnce();
    expect(await client.orders()).toBe(0);
    expect(watcher.events).toContain('retry shop.orders the connection was closed');
  });

  it('all queries on it are asked again on another connection, and the address is not ejected', async () => {
    const { callee, service } = await shop();
    const wire = await openWire(callee.address);
    open.push(wire.close);
    const { client, watcher } = await customer([wire.address], { connections: 1 });
    const calls = Promise.all(Array.from({ length: 20 }, () => client.wait()));
    await expect.poll(() => service.waiting.length).toBe(20);
    wire.cut();
    await expect.poll(() => service.waiting.length).toBe(40);
    for (const answer of service.waiting) answer();
    expect(await calls).toHaveLength(20);
    expect(watcher.events.filter((event) => event.startsWith('ejected'))).toEqual([]);
  });

  it('a command without a key is not, and its error is not retryable', async () => {
    const { client, service, watcher } = await cutOnce(new Memory());
    await expect(client.buy(order)).rejects.toMatchObject({ code: 'unavailable', retryable: false });
    expect(service.count).toBe(1);
    expect(watcher.events).toEqual([]);
  });

  it('a command with a key is not either when the callee has no idempotency store', async () => {
    const { client, service } = await cutOnce();
    const call = runCall(keyed('k'), () => client.buy(order));
    await expect(call).rejects.toMatchObject({ code: 'unavailable', retryable: false });
    expect(service.count).toBe(1);
  });

  it('a command with a key runs once in a callee with a store, and its first reply arrives', async () => {
    const { client, service, watcher } = await cutOnce(new Memory());
    expect(await runCall(keyed('k'), () => client.buy(order))).toEqual({ order: 1, at: order.at });
    expect(service.count).toBe(1);
    expect(watcher.events).toEqual(['retry shop.buy the connection was closed']);
  });
});

describe('a key', () => {
  it('makes a repeated request take effect once, and its parts each', async () => {
    const store = new Memory();
    const { callee, service } = await shop(store);
    const { client } = await customer([callee.address]);
    const request = () =>
      runCall(keyed('request'), async () => [await client.buy(order), await client.buy(order)]);
    const replies = await request();
    expect(replies.map((reply) => reply.order)).toEqual([1, 2]);
    expect(await request()).toEqual(replies);
    expect(service.count).toBe(2);
    expect(new Set(store.commands.map(({ key }) => key)).size).toBe(2);
    expect(new Set(store.commands.map(({ requestHash }) => requestHash)).size).toBe(1);
    expect(store.commands[0]).toMatchObject({ contract: 'shop', method: 'buy' });
  });
});

describe('what has surely not begun', () => {
  it('goes to another address, a command too', async () => {
    const { callee, service } = await shop();
    const { client } = await customer(['127.0.0.1:1', callee.address, '127.0.0.1:2']);
    for (let call = 0; call < 10; call++) await client.buy(order);
    expect(service.count).toBe(10);
  });

  it('is refused by a server that is full, at once, and only what goes above its queue', async () => {
    const { callee, service } = await shop(undefined, { concurrency: 2, maxQueued: 2 });
    const { client } = await customer([callee.address], { maxAttempts: 1 });
    const calls = Array.from({ length: 6 }, () =>
      client.wait().then(
        () => 'answered',
        (error: SeamError) => error.code,
      ),
    );
    await expect.poll(() => service.waiting.length).toBe(2);
    const done = Promise.all(calls);
    for (let turn = 0; turn < 4; turn++) {
      await expect.poll(() => service.waiting.length).toBeGreaterThan(turn);
      service.waiting[turn]!();
    }
    expect((await done).sort()).toEqual([
      'answered',
      'answered',
      'answered',
      'answered',
      'unavailable',
      'unavailable',
    ]);
  });

  it('leaves the queue of a server with its deadline', async () => {
    const { callee, service } = await shop(undefined, { concurrency: 1, maxQueued: 1 });
    const { client } = await customer([callee.address], { maxAttempts: 1, connections: 1 });
    const first = client.wait();
    await expect.poll(() => service.waiting.length).toBe(1);
    const deadline = performance.now() + 100;
    await expect(
      runCall(new CallContext({ requestId: 'r', deadline }), () => client.wait()),
    ).rejects.toMatchObject({ code: 'deadline-exceeded' });
    const third = client.wait();
    // One connection keeps the order of its calls: the third one has the place.
    await expect(client.orders()).rejects.toMatchObject({ code: 'unavailable' });
    service.waiting[0]!();
    await first;
    await expect.poll(() => service.waiting.length).toBe(2);
    service.waiting[1]!();
    await third;
  });

  it('is refused by the caller itself when too much waits already', async () => {
    const { callee, service } = await shop();
    const { client } = await customer([callee.address], { concurrency: 1, maxQueued: 1 });
    const first = client.wait();
    await expect.poll(() => service.waiting.length).toBe(1);
    const second = client.wait();
    await expect(client.wait()).rejects.toMatchObject({ code: 'unavailable' });
    service.waiting[0]!();
    await first;
    await expect.poll(() => service.waiting.length).toBe(2);
    service.waiting[1]!();
    await second;
  });
});

it('a declared error that says it may pass is worth another try of a query', async () => {
  const { callee } = await shop();
  const { client, watcher } = await customer([callee.address]);
  expect(await client.busy()).toBe(3);
  expect(watcher.events).toEqual(['retry shop.busy shop/busy', 'retry shop.busy shop/busy']);
});

it('repetitions end with the deadline', async () => {
  const { callee, service } = await shop();
  service.tries = -1_000_000;
  const { client } = await customer([callee.address], { maxAttempts: 1_000_000, backoff: 10 });
  const started = performance.now();
  const context = new CallContext({ requestId: 'r', deadline: started + 200 });
  await expect(runCall(context, () => client.busy())).rejects.toMatchObject({ code: 'deadline-exceeded' });
  expect(performance.now() - started).toBeLessThan(3000);
});
