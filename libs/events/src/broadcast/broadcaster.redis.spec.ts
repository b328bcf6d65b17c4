import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe } from 'vitest';
import { RedisServer } from '../../../../test/support/redis.js';
import { broadcasterSpecs } from './shared-broadcaster-specs.fixture.js';

describe('Broadcaster on Redis', () => {
  const redis = new RedisServer();
  beforeAll(() => redis.start());
  afterAll(() => redis.stop());
  broadcasterSpecs(
    () => ({ redisUrl: redis.url }),
    async () => {
      await redis.kill();
      await redis.start();
    },
    async () => {
      const client = new Redis(redis.url);
      await client.acl('SETUSER', 'default', '-publish');
      return async () => {
        await client.acl('SETUSER', 'default', '+publish');
        client.disconnect();
      };
    },
  );
});
