import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { query, QueuesServer } from './broker/queues-database.fixture.js';
import { RedisServer } from './broker/redis-server.fixture.js';
import { itDelivers } from './delivery-behaviour.fixture.js';
import { eventually } from './ground.fixture.js';
import { itDoesJobs } from './jobs/jobs-behaviour.fixture.js';
import { prepareToy, startToy } from './toy.fixture.js';

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
  it('goes on when Redis was away while others published', { timeout: 60_000 }, async () => {
    const { ownerUrl, broker } = await newGround();
    const toy = await startToy({ urls: await prepareToy(ownerUrl), broker });
    const items = async () =>
      (await query<{ item: string }>(ownerUrl, 'select item from ledger.entries order by id')).map(
        ({ item }) => item,
      );
    await toy.sell('shelf/1', 'before');
    await eventually(async () => expect(await items()).toEqual(['before']));
    await redis.kill();
    for (const item of ['one', 'two', 'three']) await toy.sell('shelf/1', item);
    await redis.start();
    await toy.sell('shelf/1', 'after');
    await eventually(
      async () => expect(await items()).toEqual(['before', 'one', 'two', 'three', 'after']),
      30_000,
    );
    await toy.close();
  });

  describe('of events', () => {
    itDelivers(newGround);
  });
  describe('of jobs', () => {
    itDoesJobs(newGround);
  });
});
