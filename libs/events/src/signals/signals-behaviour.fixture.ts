import { afterEach, expect, it, vi } from 'vitest';
import { Broker, type BrokerOptions } from '../broker/broker.js';
import { Signals } from './signals.js';

/**
 * What holds on Redis and on PostgreSQL.
 * @param cut ends all connections, as a restart of the server does
 * @param mute until the returned one is called nothing can be sent, while all connections that listen stay
 */
export function itSignals(
  options: () => BrokerOptions,
  cut: () => Promise<void>,
  mute: () => Promise<() => Promise<unknown>>,
): void {
  const processes: { broker: Broker; signals: Signals }[] = [];
  const open = () => {
    const broker = new Broker(options());
    const signals = new Signals(broker);
    processes.push({ broker, signals });
    return signals;
  };
  afterEach(async () => {
    for (const { broker, signals } of processes.splice(0)) {
      signals.onModuleDestroy();
      await broker.close();
    }
  });
  /** Emits until it is heard: the first may be lost while connections are made. */
  const untilHeard = (from: Signals, heard: unknown[], message: string) =>
    vi.waitFor(
      () => {
        from.emit('news', message);
        expect(heard).toContain(message);
      },
      { timeout: 15_000, interval: 50 },
    );

  it('reaches every process once, the own one too, and only who listens to the topic', async () => {
    const [one, other] = [open(), open()];
    const heard: [string, unknown][] = [];
    one.on('news', (message) => heard.push(['one', message]));
    other.on('news', (message) => heard.push(['other', message]));
    other.on('weather', (message) => heard.push(['weather', message]));
    const seen: unknown[] = [];
    other.on('news', (message) => seen.push(message));
    await untilHeard(one, seen, 'ready');
    heard.length = 0;
    one.emit('news', { id: '1', täxt: 'ü' });
    one.emit('news', { id: '1', täxt: 'ü' });
    one.emit('news', { id: '2' });
    await expect.poll(() => seen).toContainEqual({ id: '2' });
    const of = (who: string) => heard.filter(([name, m]) => name === who && m !== 'ready').map(([, m]) => m);
    expect(of('one')).toEqual([{ id: '1', täxt: 'ü' }, { id: '2' }]);
    expect(of('other')).toEqual([{ id: '1', täxt: 'ü' }, { id: '2' }]);
    expect(of('weather')).toEqual([]);
  });

  it('carries many at once', async () => {
    const [one, other] = [open(), open()];
    const heard: unknown[] = [];
    other.on('news', (message) => heard.push(message));
    await untilHeard(one, heard, 'ready');
    const many = Array.from({ length: 1_000 }, (_, n) => `message ${n} ${'é'.repeat(50)}`);
    for (const message of many) one.emit('news', message);
    await expect.poll(() => heard.filter((message) => message !== 'ready')).toEqual(many);
    expect(() => one.emit('news', 'x'.repeat(8_000))).toThrow(/too large/);
  });

  it('stops when told to, and survives a listener that throws', async () => {
    const [one, other] = [open(), open()];
    const [heard, after]: unknown[][] = [[], []];
    const off = other.on('news', () => {
      throw new Error('as always');
    });
    const offToo = other.on('news', (message) => heard!.push(message));
    other.on('news', (message) => after!.push(message));
    await untilHeard(one, heard!, 'ready');
    off();
    offToo();
    one.emit('news', 'later');
    await expect.poll(() => after).toContain('later');
    expect(heard).not.toContain('later');
  });

  it('listens again after its connections were cut', async () => {
    const [one, other] = [open(), open()];
    const heard: unknown[] = [];
    other.on('news', (message) => heard.push(message));
    await untilHeard(one, heard, 'before');
    await cut();
    await untilHeard(one, heard, 'after');
    expect(heard).toContain('after');
  });

  it('says that some are missing when it could not send them', async () => {
    const [one, other] = [open(), open()];
    const heard: unknown[] = [];
    other.on('news', (message) => heard.push(message));
    await untilHeard(one, heard, 'before');
    let missed = 0;
    other.onMissed(() => (missed += 1));
    const unmute = await mute();
    await one.tell('news', 'lost');
    expect(missed).toBe(0);
    await unmute();
    await vi.waitFor(() => expect(missed).toBeGreaterThan(0), { timeout: 10_000 });
    expect(heard).not.toContain('lost');
  });
}
