import { afterEach, expect, it, vi } from 'vitest';
import { Broker, type BrokerOptions } from '../broker/broker.js';
import { Broadcaster } from './broadcaster.js';

/**
 * What holds on Redis and on PostgreSQL.
 * @param cut ends all connections, as a restart of the server does
 * @param mute until the returned one is called nothing can be sent, while all connections that listen stay
 */
export function itBroadcasts(
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
  /** Emits until it is heard: the first may be lost while connections are made. */
  const untilHeard = (from: Broadcaster, heard: unknown[], message: string) =>
    vi.waitFor(
      () => {
        from.publish('news', message);
        expect(heard).toContain(message);
      },
      { timeout: 15_000, interval: 50 },
    );

  it('reaches every process once, the own one too, and only who listens to the topic', async () => {
    const [one, other] = [open(), open()];
    const heard: [string, unknown][] = [];
    one.subscribe('news', (message) => heard.push(['one', message]));
    other.subscribe('news', (message) => heard.push(['other', message]));
    other.subscribe('weather', (message) => heard.push(['weather', message]));
    const seen: unknown[] = [];
    other.subscribe('news', (message) => seen.push(message));
    await untilHeard(one, seen, 'ready');
    heard.length = 0;
    one.publish('news', { id: '1', täxt: 'ü' });
    one.publish('news', { id: '1', täxt: 'ü' });
    one.publish('news', { id: '2' });
    await expect.poll(() => seen).toContainEqual({ id: '2' });
    const of = (who: string) => heard.filter(([name, m]) => name === who && m !== 'ready').map(([, m]) => m);
    expect(of('one')).toEqual([{ id: '1', täxt: 'ü' }, { id: '2' }]);
    expect(of('other')).toEqual([{ id: '1', täxt: 'ü' }, { id: '2' }]);
    expect(of('weather')).toEqual([]);
  });

  it('carries many at once', async () => {
    const [one, other] = [open(), open()];
    const heard: unknown[] = [];
    other.subscribe('news', (message) => heard.push(message));
    await untilHeard(one, heard, 'ready');
    const many = Array.from({ length: 1_000 }, (_, n) => `message ${n} ${'é'.repeat(50)}`);
    for (const message of many) one.publish('news', message);
    await expect.poll(() => heard.filter((message) => message !== 'ready')).toEqual(many);
    expect(() => one.publish('news', 'x'.repeat(8_000))).toThrow(/has 8011 bytes, expected at most 7400/);
  });

  it('stops when told to, and survives a listener that throws', async () => {
    const [one, other] = [open(), open()];
    const [heard, after]: unknown[][] = [[], []];
    const off = other.subscribe('news', () => {
      throw new Error('as always');
    });
    const offToo = other.subscribe('news', (message) => heard!.push(message));
    other.subscribe('news', (message) => after!.push(message));
    await untilHeard(one, heard!, 'ready');
    off();
    offToo();
    one.publish('news', 'later');
    await expect.poll(() => after).toContain('later');
    expect(heard).not.toContain('later');
  });

  it('listens again after its connections were cut', async () => {
    const [one, other] = [open(), open()];
    const heard: unknown[] = [];
    other.subscribe('news', (message) => heard.push(message));
    await untilHeard(one, heard, 'before');
    await cut();
    await untilHeard(one, heard, 'after');
    expect(heard).toContain('after');
  });

  it('says that some are missing when it could not send them', async () => {
    const [one, other] = [open(), open()];
    const heard: unknown[] = [];
    other.subscribe('news', (message) => heard.push(message));
    await untilHeard(one, heard, 'before');
    let missed = 0;
    other.onMissed(() => (missed += 1));
    const unmute = await mute();
    await one.publishNow('news', 'lost');
    expect(missed).toBe(0);
    await unmute();
    await vi.waitFor(() => expect(missed).toBeGreaterThan(0), { timeout: 10_000 });
    expect(heard).not.toContain('lost');
  });
}
