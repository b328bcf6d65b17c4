import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startReplicated } from '../support/replicated-database.js';
import { startApp } from '../support/running-app.js';
import { outages } from './events/outages.js';
import { RedisServer } from '../support/redis.js';
import { AnonymousTraffic, type TrafficReport } from './fixtures/anonymous-traffic.js';

/** `CACHE_OUTAGE_SECONDS=30` for figures to quote. */
const SECONDS = Number(process.env['CACHE_OUTAGE_SECONDS'] ?? 3);
const RATE = 200;

const stops: (() => Promise<unknown>)[] = [];
let redis: RedisServer;
let hosts: string[];
let traffic: AnonymousTraffic;

beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tearline-cache-'));
  await chmod(dir, 0o755);
  stops.push(() => rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
  const database = await startReplicated([]);
  stops.push(() => database.stop());
  redis = new RedisServer(['--appendonly', 'yes'], join(dir, 'redis'));
  await redis.start();
  stops.push(() => redis.kill());
  const { DATABASE_URL } = database.env;
  const env = {
    DATABASE_URL: DATABASE_URL!,
    REDIS_URL: redis.url,
    REGISTRATIONS_PER_MINUTE: '1000',
    SEAM_CHECKED: 'off',
  };
  hosts = [];
  for (let index = 0; index < 2; index += 1) {
    const app = await startApp({ dir, env });
    stops.push(() => app.stop());
    hosts.push(app.url);
  }
  traffic = await AnonymousTraffic.prepare(hosts);
}, 180_000);

afterAll(async () => {
  for (const stop of stops.toReversed()) await stop();
}, 60_000);

function print(description: string, { behind, failures, ...report }: TrafficReport): void {
  const figures = Object.entries(report).map(([name, value]) => `${name} ${Math.round(value * 10) / 10}`);
  process.stderr.write(
    `Redis ${description}: ${figures.join(', ')}, failures ${failures.length}, behind ${behind.length}\n`,
  );
}

async function memoryHits(): Promise<number> {
  let hits = 0;
  for (const host of hosts) {
    const text = await (await fetch(`${host}/metrics`)).text();
    for (const [, count] of text.matchAll(/^cache_reads_total\{cache=".+",result="memory"\} (\d+)$/gm))
      hits += Number(count);
  }
  return hits;
}

it('with Redis as it should be, most is answered from memory', { timeout: 60_000 }, async () => {
  const before = await memoryHits();
  const report = await traffic.run(RATE, () => pause(SECONDS * 1000));
  print('well', report);
  expect(report.failures).toEqual([]);
  expect(report.behind).toEqual([]);
  expect((await memoryHits()) - before).toBeGreaterThan(report.requests / 2);
});

it.each(outages)(
  'Redis $description a while: users notice nothing, and no read is stale',
  { timeout: 240_000 },
  async ({ description, inject }) => {
    const report = await traffic.run(RATE, async () => {
      await inject({ redis }, SECONDS);
      await pause(1_000);
    });
    print(`${description} ${SECONDS} s`, report);
    expect(report.failures).toEqual([]);
    expect(report.behind).toEqual([]);
    expect(report.requests).toBeGreaterThan(100);
  },
);
