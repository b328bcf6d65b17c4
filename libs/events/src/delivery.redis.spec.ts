import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { query, TestPostgres } from '../../../test/support/postgres.js';
import { RedisServer } from '../../../test/support/redis.js';
import { deliverySpecs } from './shared-delivery-specs.fixture.js';
import { eventually } from './test-environment.fixture.js';
import { originSpecs } from './origin/shared-origin-specs.fixture.js';
import { jobSpecs } from './jobs/shared-job-specs.fixture.js';
import { createSampleSchemas, startSampleApp } from './sample-modules.fixture.js';

describe('Delivery with queues on Redis', () => {
  const server = new TestPostgres();
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

  const newEnvironment = async () => {
    const { ownerUrl } = await server.newDatabase();
    return { ownerUrl, broker: { redisUrl: redis.url }, forget };
  };
  it('delivers what was published while Redis was unreachable', { timeout: 60_000 }, async () => {
    const { ownerUrl, broker } = await newEnvironment();
    const app = await startSampleApp({ urls: await createSampleSchemas(ownerUrl), broker });
    const items = async () =>
      (await query<{ item: string }>(ownerUrl, 'select item from ledger.entries order by id')).map(
        ({ item }) => item,
      );
    await app.sell('shelf/1', 'before');
    await eventually(async () => expect(await items()).toEqual(['before']));
    await redis.kill();
    for (const item of ['one', 'two', 'three']) await app.sell('shelf/1', item);
    await redis.start();
    await app.sell('shelf/1', 'after');
    await eventually(
      async () => expect(await items()).toEqual(['before', 'one', 'two', 'three', 'after']),
      30_000,
    );
    await app.close();
  });

  describe('of events', () => {
    deliverySpecs(newEnvironment);
  });
  describe('of forgeries:', () => {
    originSpecs(newEnvironment);
  });
  describe('of jobs', () => {
    jobSpecs(newEnvironment);
  });
});
