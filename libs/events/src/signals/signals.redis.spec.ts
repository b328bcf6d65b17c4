import { afterAll, beforeAll, describe } from 'vitest';
import { RedisServer } from '../broker/redis-server.fixture.js';
import { itSignals } from './signals-behaviour.fixture.js';

describe('Signals on Redis', () => {
  const redis = new RedisServer();
  beforeAll(() => redis.start());
  afterAll(() => redis.stop());
  itSignals(
    () => ({ redisUrl: redis.url }),
    async () => {
      await redis.kill();
      await redis.start();
    },
  );
});
