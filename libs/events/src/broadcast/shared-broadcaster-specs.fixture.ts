import { afterEach, expect, it, vi } from 'vitest';
import { Broker, type BrokerOptions } from '../broker/broker.js';
import { PostgresTransport } from '../broker/postgres-transport.js';
import type { RedisTransport } from '../broker/redis-transport.js';
import { Broadcaster } from './broadcaster.js';
import { PostgresPubSub, RedisPubSub } from './pub-sub.js';

/**
 * Specs of broadcasts on Redis and on PostgreSQL.
 * @param cut closes all connections, as a restart of the server does
 * @param mute makes sending fail, and keeps the listening connections, until the returned function is called
 */
export function broadcasterSpecs(
  options: () => BrokerOptions,
  cut: () => Promise<void>,
  mute: () => Promise<() => Promise<unknown>>,
): void {
  const processes: { broker: Broker; broadcaster: Broadcaster }[] = [];
  const open = () => {
    const broker = new Broker(options());
    const broadcaster = new Broadcaster(broker);
    processes.push({ broker, broadcaster });
    return broadcaster;
  };
  afterEach(async () => {
    for (const { broker, broadcaster } of processes.splice(0)) {
      broadcaster.onModuleDestroy();
      await broker.close();
    }
  });
  /** Publishes until the message arrives: the first ones may be lost while connections are made. */
  const untilReceived = (from: Broadcaster, received: unknown[], message: string) =>
    vi.waitFor(
      () => {
        from.publish('news', message);
        expect(received).toContain(message);
      },
      { timeout: 15_000, interval: 50 },
    );

  it('reaches every process once, the sender included, and only subscribers of the topic', async () => {
    const [one, other] = [open(), open()];
    const received: [string, unknown][] = [];
    one.subscribe('news', (message) => received.push(['one', message]));
    other.subscribe('news', (message) => received.push(['other', message]));
    other.subscribe('weather', (message) => received.push(['weather', message]));
    const seen: unknown[] = [];
    other.subscribe('news', (message) => seen.push(message));
    await untilReceived(one, seen, 'ready');
    received.length = 0;
    one.publish('news', { id: '1', täxt: 'ü' });
    one.publish('news', { id: '1', täxt: 'ü' });
    one.publish('news', { id: '2' });
    await expect.poll(() => seen).toContainEqual({ id: '2' });
    const of = (subscriber: string) =>
      received.filter(([name, m]) => name === subscriber && m !== 'ready').map(([, m]) => m);
    expect(of('one')).toEqual([{ id: '1', täxt: 'ü' }, { id: '2' }]);
    expect(of('other')).toEqual([{ id: '1', täxt: 'ü' }, { id: '2' }]);
    expect(of('weather')).toEqual([]);
  });

  it('carries many at once', async () => {
    const [one, other] = [open(), open()];
    const received: unknown[] = [];
    other.subscribe('news', (message) => received.push(message));
    await untilReceived(one, received, 'ready');
    const many = Array.from({ length: 1_000 }, (_, n) => `message ${n} ${'é'.repeat(50)}`);
    for (const message of many) one.publish('news', message);
    await expect.poll(() => received.filter((message) => message !== 'ready')).toEqual(many);
    expect(() => one.publish('news', 'x'.repeat(8_000))).toThrow(/has 8011 bytes, expected at most 7400/);
  });

  it('ends a subscription, and survives a listener that throws', async () => {
    const [one, other] = [open(), open()];
    const [received, after]: unknown[][] = [[], []];
    const off = other.subscribe('news', () => {
      throw new Error('as always');
    });
    const offToo = other.subscribe('news', (message) => received!.push(message));
    other.subscribe('news', (message) => after!.push(message));
    await untilReceived(one, received!, 'ready');
    off();
    offToo();
    one.publish('news', 'later');
    await expect.poll(() => after).toContain('later');
    expect(received).not.toContain('later');
  });

  it('ignores a text that no broadcaster has sent', async () => {
    const [one, other] = [open(), open()];
    const received: unknown[] = [];
    other.subscribe('news', (message) => received.push(message));
    let missed = 0;
    other.onMissed(() => (missed += 1));
    await untilReceived(one, received, 'before');
    const { transport } = processes[0]!.broker;
    const pubSub =
      transport instanceof PostgresTransport
        ? new PostgresPubSub(transport)
        : new RedisPubSub(transport as RedisTransport);
    missed = 0;
    await pubSub.publish([
      '',
      'x',
      '1',
      '{}',
      '["x"]',
      '["x","y"]',
      '["x",["y"]]',
      '["x",[[]]]',
      '["x",null]',
    ]);
    await untilReceived(one, received, 'after');
    expect([missed, new Set(received)]).toEqual([0, new Set(['before', 'after'])]);
  });

  it('subscribes again after its connections were cut', async () => {
    const [one, other] = [open(), open()];
    const received: unknown[] = [];
    other.subscribe('news', (message) => received.push(message));
    await untilReceived(one, received, 'before');
    await cut();
    await untilReceived(one, received, 'after');
    expect(received).toContain('after');
  });

  it('reports lost messages to the other processes', async () => {
    const [one, other] = [open(), open()];
    const received: unknown[] = [];
    other.subscribe('news', (message) => received.push(message));
    await untilReceived(one, received, 'before');
    let missed = 0;
    other.onMissed(() => (missed += 1));
    const unmute = await mute();
    await one.publishNow('news', 'lost');
    expect(missed).toBe(0);
    await unmute();
    await vi.waitFor(() => expect(missed).toBeGreaterThan(0), { timeout: 10_000 });
    expect(received).not.toContain('lost');
  });
}
