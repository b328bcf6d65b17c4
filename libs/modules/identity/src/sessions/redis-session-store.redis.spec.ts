import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisServer } from '../../../../../test/support/redis.js';
import { RedisSessionStore } from './redis-session-store.js';
import { lifetimes, newSession, sessionStoreSpecs } from './session-store-specs.fixture.js';

const redis = new RedisServer();
let store: RedisSessionStore;
let client: Redis;
beforeAll(async () => {
  await redis.start();
  store = await RedisSessionStore.open(redis.url, 'tearline-0', lifetimes);
  client = new Redis(redis.url);
});
afterAll(async () => {
  store?.close();
  client?.disconnect();
  await redis.stop();
});

let users = 0;
const newUser = () => (users += 1);

sessionStoreSpecs('Redis', () => store, newUser);

describe('sessions in Redis', () => {
  it('expire there, and later after a use', async () => {
    const user = newUser();
    const now = Date.now();
    const session = newSession(user, { lastUsedAt: now - lifetimes.idle + 60_000 });
    await store.add(session);
    const key = `tearline-0:user-session:${session.id}`;
    expect(await client.pexpiretime(key)).toBe(session.lastUsedAt + lifetimes.idle);
    await store.touch(session, now);
    expect(await client.pexpiretime(key)).toBe(now + lifetimes.idle);
    await client.del(key);
    expect(await store.list(user)).toEqual([]);
    expect(await client.exists(`tearline-0:user-sessions:${user}`)).toBe(0);
  });

  it('all have keys of the deployment that expire', async () => {
    await store.add(newSession(newUser()));
    for (const key of await client.keys('*')) {
      expect(key).toMatch(/^tearline-0:user-sessions?:/);
      expect(await client.pttl(key)).toBeGreaterThan(0);
    }
  });

  it('are unavailable while Redis is, and there again afterwards', async () => {
    const session = newSession(newUser());
    redis.pause();
    await expect(store.find(session.id)).rejects.toMatchObject({ code: 'unavailable' });
    redis.resume();
    await expect
      .poll(() =>
        store.add(session).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    expect(await store.find(session.id)).toEqual(session);
    await redis.kill();
    await expect(store.find(session.id)).rejects.toMatchObject({ code: 'unavailable' });
    await redis.start();
    await expect.poll(() => store.find(session.id).catch(() => 'away')).toBeUndefined();
  });
});
