import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { type RedisServer, startRedis } from '../../../test/support/redis.js';
import { RedisStore } from './redis-store.js';

let redis: RedisServer;
let store: RedisStore;
beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(() => {
  store = new RedisStore(redis.url);
});
afterEach(() => store.close());
afterAll(() => redis.stop());

it.each([
  ['the later of two positions', 'c.1.06~a', 'c.1.05~b', 'c.1.06~a'],
  ['the last of two at one position', 'c.1.05~a', 'c.1.05~b', 'c.1.05~b'],
  ['the last of two in different clusters', 'c.1.05~a', 'b.1.01~b', 'b.1.01~b'],
  ['the last of two, one of them without a position', 'c.1.05~a', '~b', '~b'],
])('keeps %s, whether Redis is up or down', async (what, first, second, kept) => {
  const [recorded, pending] = [`shop:recorded ${what}`, `shop:pending ${what}`];
  await store.recordVersions([[pending, first]]);
  await store.recordVersions([[pending, second]]);
  await store.connect();
  await store.recordVersions([[recorded, first]]);
  await store.recordVersions([[recorded, second]]);
  expect(await store.versionsOf([recorded, pending])).toEqual([
    [recorded, kept],
    [pending, kept],
  ]);
});

it('sends all versions of an outage', async () => {
  await store.recordVersions(Array.from({ length: 70_000 }, (_, index) => [`shop:${index}`, 'c.1.05~a']));
  await store.connect();
  const [first, last] = ['shop:0', 'shop:69999'];
  await expect
    .poll(() => store.versionsOf([first, last]), { timeout: 10_000 })
    .toEqual([
      [first, 'c.1.05~a'],
      [last, 'c.1.05~a'],
    ]);
});

it('does not send versions that are older than every entry in Redis', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const clock = vi.spyOn(performance, 'now').mockReturnValue(1_000);
  try {
    await store.recordVersions([['shop:old', 'c.1.05~a']]);
    clock.mockReturnValue(122_000);
    vi.advanceTimersByTime(121_000);
    await store.recordVersions([['shop:new', 'c.1.06~a']]);
  } finally {
    clock.mockRestore();
    vi.useRealTimers();
  }
  await store.connect();
  expect(await store.versionsOf(['shop:old', 'shop:new'])).toEqual([['shop:new', 'c.1.06~a']]);
});

const none = async () => undefined;

it('loads nothing under a lease when its previous holder has stored it, and gives the lease back', async () => {
  await store.connect();
  const load = vi.fn<() => Promise<string>>(async () => 'loaded');
  expect(await store.underLease('a key', async () => 'stored', load)).toBe('stored');
  expect(load).not.toHaveBeenCalled();
  expect(await store.underLease('a key', none, load)).toBe('loaded');
});

it('loads nothing while another one has the lease', async () => {
  await store.connect();
  const meanwhile = await store.underLease('a key', none, () =>
    store.underLease('a key', none, async () => 'second'),
  );
  expect(meanwhile).toBeUndefined();
});

it('releases leases of an outage before it is used again', async () => {
  await store.connect();
  await store.underLease('a key', none, async () => {
    redis.pause();
    await store.find(['another key'], []);
    expect(store.isUp).toBe(false);
  });
  redis.resume();
  await expect.poll(() => store.isUp, { timeout: 10_000 }).toBe(true);
  expect(await store.underLease('a key', none, async () => 'done')).toBe('done');
});
