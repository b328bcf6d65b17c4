import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { QueuesServer } from './broker/queues-database.fixture.js';
import { RedisServer } from './broker/redis-server.fixture.js';
import { itDelivers } from './delivery-behaviour.fixture.js';
import { itDoesJobs } from './jobs/jobs-behaviour.fixture.js';

describe('Delivery with queues on Redis', () => {
  const server = new QueuesServer();
  const redis = new RedisServer();
  beforeAll(async () => {
    await Promise.all([server.start(), redis.start()]);
  });
  afterAll(async () => {
    await Promise.all([server.stop(), redis.stop()]);
  });
  const forget = async () => {
    const client = new Redis(redis.url);
    await client.flushall();
    client.disconnect();
  };
  afterEach(forget);

  const newGround = async () => {
    const { ownerUrl } = await server.newDatabase();
    return { ownerUrl, broker: { redisUrl: redis.url }, forget };
  };
  itDelivers(newGround);
  itDoesJobs(newGround);
});
