import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { attemptStoreSpecs } from '../../../../test/support/attempt-store-specs.js';
import { type RedisServer, startRedis } from '../../../../test/support/redis.js';
import { RedisAttempts } from './redis-attempts.js';

let redis: RedisServer;
let stores: RedisAttempts[];

beforeAll(async () => {
  redis = await startRedis();
  const open = () => RedisAttempts.open({ url: redis.url, namespace: 'tearline-1' });
  stores = await Promise.all([open(), open(), open()]);
});
afterAll(async () => {
  for (const store of stores) store.close();
  await redis?.stop();
});

attemptStoreSpecs('Redis', () => stores);

it('every key of Redis expires', async () => {
  const [store] = stores;
  await store!.reserve([{ key: 'reserved', max: 1 }]);
  await store!.settle([['failed', 'failed']]);
  await store!.settle([['unknown', 'released']]);
  const client = new Redis(redis.url);
  try {
    const keys = await client.keys('tearline-1:attempts:*');
    expect(keys).toEqual(
      expect.arrayContaining(['tearline-1:attempts:reserved', 'tearline-1:attempts:failed']),
    );
    expect(keys).not.toContain('tearline-1:attempts:unknown');
    for (const key of keys) expect(await client.pttl(key)).toBeGreaterThan(0);
  } finally {
    client.disconnect();
  }
});
