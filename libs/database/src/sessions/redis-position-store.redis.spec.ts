import { afterEach, beforeEach, expect, it } from 'vitest';
import { type RedisServer, startRedis } from '../../../../test/support/redis.js';
import { RedisPositionStore } from './redis-position-store.js';

const WITHIN = { timeout: 10_000, interval: 20 };
const at = (offset: number, timeline = 1, cluster = '7') =>
  `${cluster}.${timeline.toString(16).padStart(8, '0')}.${offset.toString(16).padStart(16, '0')}`;

let redis: RedisServer;
let stores: RedisPositionStore[];

async function openStore(): Promise<RedisPositionStore> {
  const store = await RedisPositionStore.open(redis.url, 1_000);
  stores.push(store);
  await expect.poll(() => store.load('unknown'), WITHIN).toBeDefined();
  return store;
}

beforeEach(async () => {
  stores = [];
  redis = await startRedis();
});
afterEach(async () => {
  for (const one of stores) one.close();
  await redis.stop();
});

it('returns the latest position of a principal to every host, in any order of saves', async () => {
  const [one, other] = [await openStore(), await openStore()];
  await one.save('42', new Map([['articles', at(5)]]));
  await other.save(
    '42',
    new Map([
      ['articles', at(3)],
      ['social', at(4)],
    ]),
  );
  await other.save('42', new Map([['social', at(1, 2)]]));
  await one.save('43', new Map([['articles', at(9)]]));
  expect(await other.load('42')).toEqual(
    new Map([
      ['articles', at(5)],
      ['social', at(1, 2)],
    ]),
  );
  await one.save('42', new Map([['articles', at(1, 1, '8')]]));
  expect((await other.load('42'))!.get('articles')).toBe(at(1, 1, '8'));
});

it('returns undefined at once while Redis is down, and positions again when it is back', async () => {
  const one = await openStore();
  await redis.kill();
  await one.load('42');
  const started = performance.now();
  for (let turn = 0; turn < 100; turn += 1) expect(await one.load('42')).toBeUndefined();
  expect(performance.now() - started).toBeLessThan(2_000);
  await redis.start();
  // Redis may have lost positions meanwhile.
  await expect.poll(() => one.load('42'), { timeout: 60_000, interval: 100 }).toBeDefined();
}, 90_000);

it('waits for at most one answer while Redis hangs', async () => {
  const one = await openStore();
  redis.pause();
  const started = performance.now();
  expect(await one.load('42')).toBeUndefined();
  for (let turn = 0; turn < 100; turn += 1) await one.save('42', new Map([['articles', at(turn)]]));
  expect(performance.now() - started).toBeLessThan(2_000);
  redis.resume();
});

it('returns undefined after Redis has lost all positions', async () => {
  const [one, other] = [await openStore(), await openStore()];
  await one.save('42', new Map([['articles', at(5)]]));
  await redis.flush();
  expect(await other.load('42')).toBeUndefined();
  expect(await one.load('42')).toBeUndefined();
});
