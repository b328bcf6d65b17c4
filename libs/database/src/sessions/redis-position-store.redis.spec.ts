import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { RedisPositionStore } from './redis-position-store.js';

const WITHIN = { timeout: 10_000, interval: 20 };
const at = (offset: number, timeline = 1, cluster = '7') =>
  `${cluster}.${timeline.toString(16).padStart(8, '0')}.${offset.toString(16).padStart(16, '0')}`;

let port: number;
let redis: ChildProcess;
let stores: RedisPositionStore[];

async function startRedis(): Promise<void> {
  redis = spawn('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--save', ''], {
    stdio: 'ignore',
  });
}

async function openStore(): Promise<RedisPositionStore> {
  const store = await RedisPositionStore.open(`redis://127.0.0.1:${port}`, 1_000);
  stores.push(store);
  await expect.poll(() => store.load('unknown'), WITHIN).toBeDefined();
  return store;
}

const stop = async () => {
  const gone = once(redis, 'exit');
  redis.kill('SIGKILL');
  await gone;
};

beforeEach(async () => {
  stores = [];
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  ({ port } = probe.address() as AddressInfo);
  probe.close();
  await once(probe, 'close');
  await startRedis();
});
afterEach(async () => {
  for (const one of stores) one.close();
  if (redis.exitCode === null && redis.signalCode === null) await stop();
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
  await stop();
  await one.load('42');
  const started = performance.now();
  for (let turn = 0; turn < 100; turn += 1) expect(await one.load('42')).toBeUndefined();
  expect(performance.now() - started).toBeLessThan(2_000);
  await startRedis();
  // Redis may have lost positions meanwhile.
  await expect.poll(() => one.load('42'), { timeout: 60_000, interval: 100 }).toBeDefined();
}, 90_000);

it('waits for at most one answer while Redis hangs', async () => {
  const one = await openStore();
  redis.kill('SIGSTOP');
  const started = performance.now();
  expect(await one.load('42')).toBeUndefined();
  for (let turn = 0; turn < 100; turn += 1) await one.save('42', new Map([['articles', at(turn)]]));
  expect(performance.now() - started).toBeLessThan(2_000);
  redis.kill('SIGCONT');
});

it('returns undefined after Redis has lost all positions', async () => {
  const [one, other] = [await openStore(), await openStore()];
  await one.save('42', new Map([['articles', at(5)]]));
  const { Redis } = await import('ioredis');
  const client = new Redis(port);
  await client.flushall();
  client.disconnect();
  expect(await other.load('42')).toBeUndefined();
  expect(await one.load('42')).toBeUndefined();
});
