import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Broker } from './broker.js';
import { brokerSpecs } from './shared-broker-specs.fixture.js';
import { RedisServer } from '../../../../test/support/redis.js';

const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 15_000, interval: 20 });

describe('Broker on Redis', () => {
  const redis = new RedisServer();
  beforeAll(() => redis.start());
  afterAll(() => redis.stop());
  brokerSpecs(() => ({ redisUrl: redis.url }));
});

describe('Broker whose Redis', () => {
  let redis: RedisServer;
  let broker: Broker | undefined;
  beforeEach(() => {
    redis = new RedisServer();
  });
  afterEach(async () => {
    redis.resume();
    await broker?.close();
    broker = undefined;
    await redis.stop();
  });

  it('is unreachable at start: fails fast, and works when it is reachable', async () => {
    await redis.reserve();
    broker = new Broker({ redisUrl: redis.url });
    await broker.check();
    const done = vi.fn<(id?: string) => void>();
    broker.worker('there', async () => done(), { concurrency: 1 });
    await expect(broker.queue('there').add('a', {}, { jobId: 'x-1' })).rejects.toThrow(/writeable|closed/);
    await redis.start();
    const queue = broker.queue('there');
    await eventually(() => queue.add('a', {}, { jobId: 'x-2' }));
    await eventually(() => expect(done).toHaveBeenCalledTimes(1));
  });

  it('crashes and restarts: the event loop is not blocked, and work continues', async () => {
    await redis.start();
    broker = new Broker({ redisUrl: redis.url });
    await broker.check();
    const done = vi.fn<(id?: string) => void>();
    let release!: () => void;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    broker.worker(
      'there',
      async ({ id }) => {
        if (id === 'x-1') await held;
        done(id);
      },
      { concurrency: 2 },
    );
    const queue = broker.queue('there');
    await queue.add('a', {}, { jobId: 'x-1' });
    await eventually(async () => expect(await queue.getActiveCount()).toBe(1));
    await redis.kill();
    release();
    let ticks = 0;
    const ticking = setInterval(() => (ticks += 1), 10);
    await delay(1_000);
    clearInterval(ticking);
    expect(ticks).toBeGreaterThan(30);
    await redis.start();
    await eventually(() => queue.add('a', {}, { jobId: 'x-2' }));
    await eventually(() => expect(done).toHaveBeenCalledWith('x-2'));
  });

  it('does not answer: a queue fails, and recovers', async () => {
    await redis.start();
    broker = new Broker({ redisUrl: redis.url });
    await broker.check();
    const done = vi.fn<(id?: string) => void>();
    broker.worker('there', async () => done(), { concurrency: 1 });
    const queue = broker.queue('there');
    await queue.add('a', {}, { jobId: 'x-1' });
    await eventually(() => expect(done).toHaveBeenCalledTimes(1));
    redis.pause();
    const before = Date.now();
    await expect(queue.add('a', {}, { jobId: 'x-2' })).rejects.toThrow(/timed out|closed/i);
    expect(Date.now() - before).toBeLessThan(15_000);
    redis.resume();
    await eventually(() => queue.add('a', {}, { jobId: 'x-3' }));
    await eventually(() => expect(done.mock.calls.length).toBeGreaterThan(1));
  });

  it.each(['killed', 'frozen'])('is %s when it closes: closing is bounded', async (how) => {
    await redis.start();
    broker = new Broker({ redisUrl: redis.url });
    await broker.check();
    broker.worker('there', async () => undefined, { concurrency: 1 });
    const queue = broker.queue('there');
    await queue.add('a', {}, { jobId: 'x-1' });
    if (how === 'killed') await redis.kill();
    else redis.pause();
    const before = Date.now();
    await broker.close();
    expect(Date.now() - before).toBeLessThan(15_000);
  });

  it('evicts keys: refused, with the command that changes it', async () => {
    redis = new RedisServer(['--maxmemory-policy', 'allkeys-lru']);
    await redis.start();
    broker = new Broker({ redisUrl: redis.url });
    await expect(broker.check()).rejects.toThrow(
      /expected maxmemory-policy 'noeviction', got 'allkeys-lru'.*config set/,
    );
  });

  it('forbids CONFIG: checked by INFO', async () => {
    redis = new RedisServer(['--rename-command', 'CONFIG', '', '--maxmemory-policy', 'volatile-lru']);
    await redis.start();
    broker = new Broker({ redisUrl: redis.url });
    await expect(broker.check()).rejects.toThrow(/'volatile-lru'/);
  });

  it('requires a password: takes it from the URL', async () => {
    redis = new RedisServer(['--requirepass', 'p@ss']);
    await redis.start();
    broker = new Broker({ redisUrl: redis.url.replace('//', '//:p%40ss@') });
    await broker.check();
    await broker.queue('there').add('a', {}, { jobId: 'x-1' });
    expect(await broker.queue('there').getWaitingCount()).toBe(1);
  });

  it('has other deployments and a former release: names them', async () => {
    await redis.start();
    const warned = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const logged = vi.spyOn(Logger.prototype, 'log').mockReturnValue();
    const former = new Redis(redis.url);
    await former.xadd('tearline:articles:events', '*', 'event', 'waiting');
    former.disconnect();
    const first = new Broker({ redisUrl: redis.url }, 'tearline-one');
    await first.check(['articles', 'comments']);
    await first.close();
    expect(warned.mock.calls.flat().join()).toContain(
      'Redis has keys without the identity of a deployment, which this release does not read: tearline:articles:events.',
    );
    expect(logged.mock.calls.flat().join()).not.toContain('shared');
    broker = new Broker({ redisUrl: redis.url }, 'tearline-two');
    await broker.check([]);
    expect(logged.mock.calls.flat().join()).toContain(
      'this deployment is tearline-two; tearline-one last started',
    );
    vi.restoreAllMocks();
  });

  it('lists the workers of each queue', async () => {
    await redis.start();
    broker = new Broker({ redisUrl: redis.url });
    await broker.check();
    broker.worker('there', async () => undefined, { concurrency: 1 });
    const [queue, other] = [broker.queue('there'), broker.queue('elsewhere')];
    await eventually(async () => expect(await queue.getWorkersCount()).toBe(1));
    expect(await other.getWorkersCount()).toBe(0);
  });
});
