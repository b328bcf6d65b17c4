import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CacheTestEnvironment, type Host } from './test-environment.fixture.js';

const environment = new CacheTestEnvironment();
let host: Host;
let other: Host;

beforeAll(async () => {
  await environment.start();
  [host, other] = await Promise.all([environment.host(), environment.host()]);
  for (let index = 0; index < 50; index += 1)
    await host.as({}, () => host.notes.write(`note ${index}`, 'one'));
});
afterAll(() => environment.stop());

const isUp = async (on: Host) => (await on.registry.metrics()).includes('cache_redis_up 1');
async function bothUp(): Promise<void> {
  await expect.poll(async () => (await isUp(host)) && (await isUp(other)), { timeout: 15_000 }).toBe(true);
}
const redisCli = (...args: string[]) =>
  promisify(execFile)('redis-cli', ['-p', `${environment.redis.port}`, ...args]);

/** Sends reads and some writes during a fault. */
async function generateTraffic(
  during: () => Promise<unknown>,
): Promise<{ reads: number; wrong: number; slow: number }> {
  const over = new AbortController();
  let reads = 0;
  let wrong = 0;
  let slow = 0;
  const reader = async (on: Host, id: number) => {
    let written = 0;
    const name = `own ${id}`;
    const caller = { principal: `reader ${id}` };
    while (!over.signal.aborted) {
      const started = performance.now();
      if (Math.random() < 0.1) {
        written += 1;
        const text = `${written}`;
        await on.as(caller, () => on.notes.write(name, text));
      } else if (Math.random() < 0.5 && written > 0) {
        const text = await on.as(caller, () => on.notes.read(name));
        if (Number(text) < written) wrong += 1;
      } else {
        const text = await on.as({}, () => on.notes.read(`note ${Math.floor(Math.random() * 50)}`));
        if (text !== 'one') wrong += 1;
      }
      reads += 1;
      if (performance.now() - started > 1_000) slow += 1;
      await pause(Math.random() * 10);
    }
  };
  const readers = Array.from({ length: 10 }, (_, index) => reader(index % 2 ? host : other, index));
  await during();
  over.abort();
  await Promise.all(readers);
  return { reads, wrong, slow };
}

it('the cache works while Redis hangs, and uses it again when it answers', async () => {
  await bothUp();
  const { reads, wrong, slow } = await generateTraffic(async () => {
    environment.redis.pause();
    // Longer than the timeout of a probe.
    await pause(3_500);
    expect(await isUp(host)).toBe(false);
    environment.redis.resume();
    await bothUp();
  });
  expect(reads).toBeGreaterThan(100);
  expect({ wrong, slow }).toEqual({ wrong: 0, slow: 0 });
});

it('the cache works while Redis is down, and uses it again when it is back', async () => {
  const { wrong, slow } = await generateTraffic(async () => {
    await environment.redis.kill();
    await pause(700);
    await environment.redis.start();
    await bothUp();
  });
  expect({ wrong, slow }).toEqual({ wrong: 0, slow: 0 });
});

it('the cache works when Redis loses its data', async () => {
  await bothUp();
  const { wrong, slow } = await generateTraffic(async () => {
    for (let times = 0; times < 5; times += 1) {
      await redisCli('flushall');
      await pause(100);
    }
  });
  expect({ wrong, slow }).toEqual({ wrong: 0, slow: 0 });
});

it('other hosts receive the invalidations of an outage', async () => {
  const read = (on: Host) => on.as({}, () => on.notes.read('note 2'));
  await bothUp();
  await read(other);
  environment.redis.pause();
  await host.as({}, () => host.notes.write('note 2', 'two'));
  environment.redis.resume();
  await expect.poll(() => read(other), { timeout: 10_000 }).toBe('two');
});

it('a host that may have missed invalidations distrusts its entries', async () => {
  const read = (on: Host) => on.as({}, () => on.notes.read('note 3'));
  await bothUp();
  await read(other);
  await redisCli('client', 'kill', 'type', 'pubsub');
  await host.as({}, () => host.notes.write('note 3', 'two'));
  await expect.poll(() => read(other), { timeout: 10_000 }).toBe('two');
});

it('Redis receives the invalidations of an outage', async () => {
  const name = 'note 1';
  const third = await environment.host({ broadcaster: undefined });
  await bothUp();
  await expect
    .poll(async () => {
      const before = third.notes.loads;
      await third.as({}, () => third.notes.read(name));
      return third.notes.loads - before;
    })
    .toBe(0);
  environment.redis.pause();
  await host.as({}, () => host.notes.write(name, 'two'));
  expect(await host.as({}, () => host.notes.read(name))).toBe('two');
  environment.redis.resume();
  await bothUp();
  await third.close();
  const fourth = await environment.host({ broadcaster: undefined });
  expect(await fourth.as({}, () => fourth.notes.read(name))).toBe('two');
});
