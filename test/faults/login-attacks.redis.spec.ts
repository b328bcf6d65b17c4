import { afterAll, beforeAll, expect, it } from 'vitest';
import { Api } from '../support/api-client.js';
import { startRedis, type RedisServer } from '../support/redis.js';
import { loginAttackSpecs, MAX_FAILURES_OF_ONE_HOST } from './login-attacks.js';

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis?.stop());

const attacked = loginAttackSpecs('Redis', () => redis.url);

it('while Redis is away each host has the limit for itself, and counts these attempts', async () => {
  const { hosts, attack } = attacked();
  const guess = () => ({ email: 'jake@example.com', password: 'a guess' });
  await redis.kill();
  try {
    const most = hosts.length * MAX_FAILURES_OF_ONE_HOST;
    const expected = { 401: most, 429: 60 - most };
    expect(await attack('203.0.113.5', 20, '/api/users/login', guess)).toEqual(expected);
    for (const { url } of hosts) {
      const { text } = await new Api(url).get('/metrics');
      const [, count] = /^attempts_unshared_total\{limit="credentials"\} (\d+)$/m.exec(text) ?? [];
      expect(Number(count)).toBeGreaterThanOrEqual(MAX_FAILURES_OF_ONE_HOST);
    }
  } finally {
    await redis.start();
  }
});
