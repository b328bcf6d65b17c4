import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type CheckReport, ConsistencyChecker } from '../support/consistency-checker.js';
import { startRedis } from '../support/redis.js';
import {
  type ReplicatedEnvironment,
  startReplicatedEnvironment,
  promote,
} from '../support/replicated-environment.js';
import { readsOf } from '../support/replicated-database.js';

/** `npm run consistency -- --seconds 60` takes its time. */
const SECONDS = Number(process.env['CONSISTENCY_SECONDS'] ?? 8);
/** In the short form few enough that requests fail for the faults, and not for what runs beside it. */
const SESSIONS = process.env['CONSISTENCY_SECONDS'] === undefined ? 20 : 50;
const TIMEOUT = 120_000 + 4_000 * SECONDS;

/** What goes wrong with replicas, at its part of the time. */
async function harmReplicas(
  { embedded: { replicas } }: ReplicatedEnvironment,
  seconds: number,
): Promise<void> {
  const [first, second] = replicas;
  const step = (seconds * 1000) / 8;
  await pause(step);
  await first!.kill();
  await pause(step);
  await first!.start();
  await pause(step);
  await second!.pause();
  await pause(Math.max(step, 1_000));
  await second!.resume();
  await pause(step);
}

/** Resolves when there are enough reads to tell something. */
async function enoughReads(checker: ConsistencyChecker): Promise<void> {
  await expect.poll(() => checker.report.reads, { timeout: 60_000 }).toBeGreaterThan(100);
}

const lengthsOf = (lists: Record<string, string[]>) =>
  Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, list.length]));

function print(
  what: string,
  { behind, wrong, unnotified, lost, ...report }: CheckReport,
  reads: Awaited<ReturnType<typeof readsOf>>,
): void {
  const all = reads.reduce((sum, each) => sum + each.reads, 0);
  const places = reads.map(
    ({ server, route, reads: some }) => `${((100 * some) / all).toFixed(1)} % ${server} ${route}`,
  );
  process.stderr.write(
    `${what}: ${JSON.stringify({ ...lengthsOf({ behind, unnotified, lost, wrong }), ...report })}; ${places.join(', ')}\n`,
  );
}

/** How reads that may be kept were served. */
async function cachedReadsOf(hosts: readonly string[]): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const host of hosts) {
    const text = await (await fetch(`${host}/metrics`)).text();
    for (const [, result, count] of text.matchAll(/^cache_reads_total\{.*result="(.+?)"\} (\d+)$/gm))
      sums[result!] = (sums[result!] ?? 0) + Number(count);
  }
  return sums;
}

describe('users read their own writes', () => {
  it('on any host, while replicas lag, die, hang and are promoted', { timeout: TIMEOUT }, async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const environment = await startReplicatedEnvironment({ REDIS_URL: redis.url });
    const checker = new ConsistencyChecker({
      hosts: environment.hosts,
      sessions: SESSIONS,
      carriesTokens: false,
    });
    await checker.run(async () => {
      await harmReplicas(environment, SECONDS * 0.7);
      await environment.embedded.server.kill();
      await promote(environment);
      await pause(SECONDS * 300);
      await enoughReads(checker);
    });
    const report = await checker.settle();
    const reads = await readsOf(environment.hosts);
    print('remembered in Redis', report, reads);
    expect(report).toMatchObject({ behind: [], unnotified: [], lost: [], wrong: [] });
    expect(reads.some(({ route }) => route === 'replica')).toBe(true);
  });

  it(
    'who brings the token along, where hosts do not know what others remember',
    { timeout: TIMEOUT },
    async () => {
      const environment = await startReplicatedEnvironment({
        CONSISTENCY_SECRET: 'known to all of these hosts',
      });
      const checker = new ConsistencyChecker({
        hosts: environment.hosts,
        sessions: SESSIONS,
        carriesTokens: true,
      });
      const report = await checker.run(async () => {
        await harmReplicas(environment, SECONDS);
        await enoughReads(checker);
      });
      print('by token', report, await readsOf(environment.hosts));
      expect(report.behind).toEqual([]);
      expect(report.wrong).toEqual([]);
    },
  );
});

describe('users read their own writes through a warm cache, on a single database', () => {
  it.each([
    ['remembered by name', false],
    ['by token', true],
  ])('%s', { timeout: TIMEOUT }, async (words, carriesTokens) => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const environment = await startReplicatedEnvironment(
      { REDIS_URL: redis.url },
      { delays: [], synchronous: false },
    );
    const checker = new ConsistencyChecker({ hosts: environment.hosts, sessions: SESSIONS, carriesTokens });
    await checker.run(async () => {
      await pause(SECONDS * 1000);
      await enoughReads(checker);
    });
    const report = await checker.settle();
    const kept = await cachedReadsOf(environment.hosts);
    print(`cached, ${words}`, report, await readsOf(environment.hosts));
    process.stderr.write(`cached reads: ${JSON.stringify(kept)}\n`);
    expect(report).toMatchObject({ behind: [], unnotified: [], lost: [], wrong: [] });
    expect(kept['memory']).toBeGreaterThan(0);
  });
});

it('without required positions the checker finds stale reads', { timeout: TIMEOUT }, async () => {
  const environment = await startReplicatedEnvironment({ CONSISTENCY: 'eventual' }, { delays: [400, 400] });
  const checker = new ConsistencyChecker({
    hosts: environment.hosts,
    sessions: SESSIONS,
    carriesTokens: false,
  });
  const report = await checker.run(async () => {
    await expect.poll(() => checker.report.behind.length, { timeout: 30_000 }).toBeGreaterThan(0);
  });
  print('without required positions', report, await readsOf(environment.hosts));
});
