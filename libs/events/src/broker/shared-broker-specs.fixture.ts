import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { Broker, type BrokerOptions } from './broker.js';

/** Specs of the broker on Redis and on PostgreSQL. */
export function brokerSpecs(options: () => BrokerOptions): void {
  const brokers: Broker[] = [];
  const open = () => {
    const broker = new Broker(options());
    brokers.push(broker);
    return broker;
  };
  afterEach(async () => {
    await Promise.all(brokers.splice(0).map((broker) => broker.close()));
  });
  const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 15_000, interval: 10 });

  it('runs a job of one process in a worker of another, and keeps nothing of it', async () => {
    const [publisher, subscriber] = [open(), open()];
    await publisher.check();
    const done: unknown[] = [];
    subscriber.worker('there', async (job) => void done.push(job.data), { concurrency: 1 });
    await publisher.queue('there').addBulk([
      { name: 'a', data: { n: 1 }, opts: { jobId: 'x-1' } },
      { name: 'a', data: { n: 2 }, opts: { jobId: 'x-2' } },
    ]);
    await eventually(() => expect(done).toEqual([{ n: 1 }, { n: 2 }]));
    await eventually(async () =>
      expect(await publisher.queue('there').getJobCounts('completed', 'active', 'waiting')).toEqual({
        completed: 0,
        active: 0,
        waiting: 0,
      }),
    );
    await publisher.queue('there').add('a', { n: 3 }, { jobId: 'x-1' });
    await eventually(() => expect(done).toHaveLength(3));
  });

  it('keeps nothing of a failed job, so that it can be sent again', async () => {
    const broker = open();
    await broker.check();
    let attempts = 0;
    const worker = broker.worker(
      'failing',
      async () => {
        attempts += 1;
        throw new Error('as always');
      },
      { concurrency: 1 },
    );
    const failed = vi.fn<() => void>();
    worker.on('failed', failed);
    await broker.queue('failing').add('a', {}, { jobId: 'x-1' });
    await eventually(() => expect(failed).toHaveBeenCalledTimes(1));
    await broker.queue('failing').add('a', {}, { jobId: 'x-1' });
    await eventually(() => expect(attempts).toBe(2));
  });

  it('runs a delayed job when it is due', async () => {
    const broker = open();
    await broker.check();
    let at = 0;
    broker.worker('later', async () => void (at = Date.now()), { concurrency: 1 });
    // Lets the worker begin to wait.
    await delay(300);
    const due = Date.now() + 300;
    await broker.queue('later').add('a', {}, { jobId: 'x-1', delay: 300 });
    await eventually(() => expect(at).toBeGreaterThan(0));
    expect(at - due).toBeGreaterThan(-20);
    // A worker that does not wake up for it takes it after its blocking wait, 5 s and more.
    expect(at - due).toBeLessThan(4_000);
  });

  it('repeats on schedule', async () => {
    const broker = open();
    await broker.check();
    let times = 0;
    broker.worker('often', async () => void (times += 1), { concurrency: 1 });
    await broker.queue('often').upsertJobScheduler('often', { every: 200 }, { name: 'often' });
    await eventually(() => expect(times).toBeGreaterThan(2));
    await broker.queue('often').removeJobScheduler('often');
  });

  it('runs the job of a silent process in another one', async () => {
    const [silent, other] = [open(), open()];
    await silent.check();
    const held = Promise.withResolvers<void>();
    const stuck = silent.worker('stalling', () => held.promise, { concurrency: 1 });
    stuck.extendJobLocks = () => Promise.resolve([]);
    await silent.queue('stalling').add('a', {}, { jobId: 'x-1' });
    await eventually(async () => expect(await silent.queue('stalling').getActiveCount()).toBe(1));
    const started = Date.now();
    const taken = Promise.withResolvers<number>();
    other.worker('stalling', async () => taken.resolve(Date.now()), { concurrency: 1 });
    // At most 13 s on an idle machine; with BullMQ's defaults 30 to 90 s.
    expect((await taken.promise) - started).toBeLessThan(25_000);
    held.resolve();
  });
}
