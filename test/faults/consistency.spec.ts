import { setTimeout as pause } from 'node:timers/promises';
import { mkdtemp, chmod, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFailed, onTestFinished } from 'vitest';
import { type CheckReport, ConsistencyChecker } from '../support/consistency-checker.js';
import { query } from '../support/database.js';
import { startRedis } from '../support/redis.js';
import { readsOf, type ReplicatedDatabase, startReplicated } from '../support/replicated-database.js';
import { startApp } from '../support/running-app.js';

/** `npm run consistency -- --seconds 60` takes its time. */
const SECONDS = Number(process.env['CONSISTENCY_SECONDS'] ?? 8);
const SESSIONS = 50;
const TIMEOUT = 120_000 + 4_000 * SECONDS;

interface Bed extends ReplicatedDatabase {
  readonly hosts: string[];
}

/** Two hosts on a primary with two replicas, each so many milliseconds late. */
async function open(env: Record<string, string>, delays = [0, 150]): Promise<Bed> {
  const database = await startReplicated(delays, { synchronous: delays.length > 0 });
  onTestFinished(() => database.stop());
  // Hosts that share a folder share the keys in it.
  const dir = await mkdtemp(join(tmpdir(), 'tearline-hosts-'));
  await chmod(dir, 0o755);
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const all = {
    CHECKED: 'off',
    REGISTRATIONS_PER_MINUTE: '100000',
    ...database.env,
    ...env,
  };
  const hosts: string[] = [];
  for (let index = 0; index < 2; index += 1) {
    const host = await startApp({ dir, env: all });
    onTestFinished(async () => void (await host.stop()));
    onTestFailed(() => {
      for (const line of host.logs()) if (line.includes('"level":50')) process.stderr.write(`${line}\n`);
    });
    hosts.push(host.url);
  }
  return { ...database, hosts };
}

/** What goes wrong with replicas, at its part of the time. */
async function harmReplicas({ embedded: { replicas } }: Bed, seconds: number): Promise<void> {
  const [first, second] = replicas;
  const step = (seconds * 1000) / 8;
  await pause(step);
  await first!.kill();
  await pause(step);
  await first!.restart();
  await pause(step);
  await second!.pause();
  await pause(Math.max(step, 1_000));
  await second!.resume();
  await pause(step);
}

/** The primary dies, and whoever has received most takes its place. */
async function promote({ embedded: { server, replicas } }: Bed): Promise<void> {
  await server.kill();
  const received = await Promise.all(
    replicas.map(async (replica) => {
      await replica.delay(0);
      const [row] = await query<{ lsn: number }>(
        replica.url,
        "select (pg_last_wal_receive_lsn() - '0/0')::float8 as lsn",
      );
      return { replica, lsn: row!.lsn };
    }),
  );
  const [heir, other] = received.toSorted((one, next) => next.lsn - one.lsn).map(({ replica }) => replica);
  await heir!.promote();
  await other!.follow(heir!.server);
}

function tell(
  what: string,
  { behind, wrong, ...report }: CheckReport,
  reads: Awaited<ReturnType<typeof readsOf>>,
): void {
  const all = reads.reduce((sum, each) => sum + each.reads, 0);
  const places = reads.map(
    ({ server, by, reads: some }) => `${((100 * some) / all).toFixed(1)} % ${server} ${by}`,
  );
  process.stderr.write(
    `${what}: ${JSON.stringify({ behind: behind.length, wrong: wrong.length, ...report })}; ${places.join(', ')}\n`,
  );
}

/** How reads that may be kept were served. */
async function cachedReadsOf(hosts: readonly string[]): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const host of hosts) {
    const text = await (await fetch(`${host}/metrics`)).text();
    for (const [, by, count] of text.matchAll(/^cache_reads_total\{.*by="(.+?)"\} (\d+)$/gm))
      sums[by!] = (sums[by!] ?? 0) + Number(count);
  }
  return sums;
}

describe('nobody reads behind their own write', () => {
  it('on any host, while replicas lag, die, hang and are promoted', { timeout: TIMEOUT }, async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const bed = await open({ REDIS_URL: redis.url });
    const checker = new ConsistencyChecker({ hosts: bed.hosts, sessions: SESSIONS, carriesTokens: false });
    const report = await checker.run(async () => {
      await harmReplicas(bed, SECONDS * 0.7);
      await promote(bed);
      await pause(SECONDS * 300);
    });
    const reads = await readsOf(bed.hosts);
    tell('remembered in Redis', report, reads);
    expect(report.behind).toEqual([]);
    expect(report.wrong).toEqual([]);
    expect(report.reads).toBeGreaterThan(100);
    expect(reads.some(({ by }) => by === 'replica')).toBe(true);
  });

  it(
    'who brings the token along, where hosts do not know what others remember',
    { timeout: TIMEOUT },
    async () => {
      const bed = await open({ CONSISTENCY_SECRET: 'known to all of these hosts' });
      const checker = new ConsistencyChecker({ hosts: bed.hosts, sessions: SESSIONS, carriesTokens: true });
      const report = await checker.run(() => harmReplicas(bed, SECONDS));
      tell('by token', report, await readsOf(bed.hosts));
      expect(report.behind).toEqual([]);
      expect(report.wrong).toEqual([]);
      expect(report.reads).toBeGreaterThan(100);
    },
  );
});

describe('through a warm cache, on a single database, nobody does either', () => {
  it.each([
    ['remembered by name', false],
    ['by token', true],
  ])('%s', { timeout: TIMEOUT }, async (words, carriesTokens) => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const bed = await open({ REDIS_URL: redis.url }, []);
    const checker = new ConsistencyChecker({ hosts: bed.hosts, sessions: SESSIONS, carriesTokens });
    const report = await checker.run(() => pause(SECONDS * 1000));
    const kept = await cachedReadsOf(bed.hosts);
    tell(`cached, ${words}`, report, await readsOf(bed.hosts));
    process.stderr.write(`cached reads: ${JSON.stringify(kept)}\n`);
    expect(report.behind).toEqual([]);
    expect(report.wrong).toEqual([]);
    expect(report.reads).toBeGreaterThan(100);
    expect(kept['memory']).toBeGreaterThan(0);
  });
});

it('without the gate somebody does, so the checker would notice', { timeout: TIMEOUT }, async () => {
  const bed = await open({ CONSISTENCY: 'eventual' }, [400, 400]);
  const checker = new ConsistencyChecker({ hosts: bed.hosts, sessions: SESSIONS, carriesTokens: false });
  const report = await checker.run(async () => {
    await expect.poll(() => checker.report.behind.length, { timeout: 30_000 }).toBeGreaterThan(0);
  });
  tell('without the gate', report, await readsOf(bed.hosts));
});
