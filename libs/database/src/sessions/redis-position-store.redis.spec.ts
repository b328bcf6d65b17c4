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
let memories: RedisPositionStore[];

async function startRedis(): Promise<void> {
  redis = spawn('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--save', ''], {
    stdio: 'ignore',
  });
}

async function memory(): Promise<RedisPositionStore> {
  const made = await RedisPositionStore.open(`redis://127.0.0.1:${port}`, 1_000);
  memories.push(made);
  await expect.poll(() => made.load('nobody'), WITHIN).toBeDefined();
  return made;
}

const stop = async () => {
  const gone = once(redis, 'exit');
  redis.kill('SIGKILL');
  await gone;
};

beforeEach(async () => {
  memories = [];
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  ({ port } = probe.address() as AddressInfo);
  probe.close();
  await once(probe, 'close');
  await startRedis();
});
afterEach(async () => {
  for (const one of memories) one.close();
  if (redis.exitCode === null && redis.signalCode === null) await stop();
});

it('tells every host how far a principal has written, whatever comes late', async () => {
  const [one, other] = [await memory(), await memory()];
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

it('knows nothing while Redis is gone, loses no time on it, and knows again when it is back', async () => {
  const one = await memory();
  await stop();
  await one.load('42');
  const started = performance.now();
  for (let turn = 0; turn < 100; turn += 1) expect(await one.load('42')).toBeUndefined();
  expect(performance.now() - started).toBeLessThan(2_000);
  await startRedis();
  // It was emptied meanwhile, for all anybody knows.
  await expect.poll(() => one.load('42'), { timeout: 60_000, interval: 100 }).toBeDefined();
}, 90_000);

it('waits for one answer at most while Redis hangs', async () => {
  const one = await memory();
  redis.kill('SIGSTOP');
  const started = performance.now();
  expect(await one.load('42')).toBeUndefined();
  for (let turn = 0; turn < 100; turn += 1) await one.save('42', new Map([['articles', at(turn)]]));
  expect(performance.now() - started).toBeLessThan(2_000);
  redis.kill('SIGCONT');
});

it('believes nobody to have written nothing after Redis has forgotten everything', async () => {
  const [one, other] = [await memory(), await memory()];
  await one.save('42', new Map([['articles', at(5)]]));
  const { Redis } = await import('ioredis');
  const client = new Redis(port);
  await client.flushall();
  client.disconnect();
  expect(await other.load('42')).toBeUndefined();
  expect(await one.load('42')).toBeUndefined();
});
