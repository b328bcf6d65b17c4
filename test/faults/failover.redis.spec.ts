import { setTimeout as pause } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { type CheckReport, ConsistencyChecker } from '../support/consistency-checker.js';
import { startRedis } from '../support/redis.js';
import {
  type ReplicatedEnvironment,
  startReplicatedEnvironment,
  promote,
} from '../support/replicated-environment.js';

/** `npm run consistency -- --seconds 60` takes its time. */
const SECONDS = Number(process.env['CONSISTENCY_SECONDS'] ?? 4);
const SESSIONS = process.env['CONSISTENCY_SECONDS'] ? 50 : 10;
const TIMEOUT = 120_000 + 4_000 * SECONDS;

interface Case {
  readonly name: string;
  readonly harm: (environment: ReplicatedEnvironment) => Promise<void>;
  /** What is undone after a third of the time, if anything is. */
  readonly repair?: (environment: ReplicatedEnvironment) => Promise<void>;
  readonly isPrimary?: boolean;
  readonly synchronous?: boolean;
}

const replicaOf = ({ embedded }: ReplicatedEnvironment) => embedded.replicas[0]!;
const primaryOf = ({ embedded }: ReplicatedEnvironment) => embedded.server;

const CASES: readonly Case[] = [
  {
    name: 'a replica is killed, and started again',
    harm: (environment) => replicaOf(environment).kill(),
    repair: (environment) => replicaOf(environment).start(),
  },
  {
    name: 'a replica is stopped, and goes on',
    harm: (environment) => replicaOf(environment).pause(),
    repair: (environment) => replicaOf(environment).resume(),
  },
  {
    name: 'the primary is killed, and started again',
    harm: (environment) => primaryOf(environment).kill(),
    repair: (environment) => primaryOf(environment).start(),
    isPrimary: true,
  },
  {
    name: 'the primary is killed, and a replica promoted',
    harm: (environment) =>
      primaryOf(environment)
        .kill()
        .then(() => promote(environment)),
    isPrimary: true,
  },
  {
    name: 'the primary is stopped, and a replica promoted',
    harm: (environment) =>
      primaryOf(environment)
        .pause()
        .then(() => promote(environment)),
    isPrimary: true,
  },
  {
    name: 'the same, with replicas that need not have received anything',
    harm: (environment) =>
      primaryOf(environment)
        .kill()
        .then(() => promote(environment)),
    isPrimary: true,
    synchronous: false,
  },
];

it.each(CASES)(
  '$name',
  { timeout: TIMEOUT },
  async ({ name, harm, repair, isPrimary, synchronous = true }) => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const environment = await startReplicatedEnvironment(
      { REDIS_URL: redis.url },
      { delays: [0, 0], synchronous },
    );
    const checker = new ConsistencyChecker({
      hosts: environment.hosts,
      sessions: SESSIONS,
      carriesTokens: false,
    });
    const third = (SECONDS * 1000) / 3;
    const recovered: number[] = [];
    await checker.run(async () => {
      await pause(third);
      const recovering = [checker.recovery('writes'), checker.recovery('reads')];
      await harm(environment);
      if (repair) {
        await pause(third);
        await repair(environment);
      }
      recovered.push(...(await Promise.all(recovering)));
      await pause(third);
    });
    const report = await checker.settle();
    print(name, report, recovered);
    const { wrong, unavailable, lost, behind, unnotified } = report;
    expect(wrong).toEqual([]);
    expect(isPrimary ? 0 : unavailable.writes + unavailable.reads).toBe(0);
    // Writes that no replica has received are lost with the primary, and later reads do not show them.
    expect(synchronous ? [...lost, ...behind, ...unnotified] : []).toEqual([]);
    expect(report.writes).toBeGreaterThan(10);
  },
);

function print(what: string, report: CheckReport, [writes, reads]: number[]): void {
  const { unavailable, slowest, gap, lost, behind } = report;
  const s = (milliseconds: number) => (milliseconds / 1000).toFixed(2);
  process.stderr.write(
    `${what}: ${report.writes} writes, ${report.reads} reads; 503: ${unavailable.writes} writes, ${unavailable.reads} reads; ` +
      `other errors: ${report.wrong.length}; write again after ${s(writes!)} s, read after ${s(reads!)} s; ` +
      `longest without a write ${s(gap)} s; slowest answer ${s(slowest)} s; lost ${lost.length}; behind ${behind.length}\n`,
  );
}
