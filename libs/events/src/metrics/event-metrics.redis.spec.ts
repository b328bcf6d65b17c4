import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Broker } from '../broker/broker.js';
import { RedisServer } from '../../../../test/support/redis.js';
import { EventMetrics } from './event-metrics.js';

describe('EventMetrics of a broker', () => {
  let redis: RedisServer;
  let broker: Broker;
  let registry: Registry;
  beforeEach(async () => {
    redis = new RedisServer();
    await redis.start();
    broker = new Broker({ redisUrl: redis.url });
    await broker.check();
    registry = new Registry();
    new EventMetrics(registry).watchQueue(broker, 'readers');
    await broker.queue('readers').add('a', {}, { jobId: 'x-1' });
  });
  afterEach(async () => {
    redis.resume();
    await broker.close();
    await redis.stop();
  });

  it('report what is in its queues', async () => {
    expect(await registry.metrics()).toContain('events_queue_jobs{queue="readers",state="waiting"} 1');
  });

  it('leave out queues while Redis does not answer, and end', async () => {
    redis.pause();
    const before = Date.now();
    expect(await registry.metrics()).not.toContain('events_queue_jobs{');
    expect(Date.now() - before).toBeLessThan(15_000);
  });
});
