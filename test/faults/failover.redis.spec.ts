import { setTimeout as pause } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { type CheckReport, ConsistencyChecker } from '../support/consistency-checker.js';
import { startRedis } from '../support/redis.js';
import { type Bed, openBed, promote } from '../support/replicated-bed.js';

/** `npm run consistency -- --seconds 60` takes its time. */
const SECONDS = Number(process.env['CONSISTENCY_SECONDS'] ?? 4);
const SESSIONS = process.env['CONSISTENCY_SECONDS'] ? 50 : 10;
const TIMEOUT = 120_000 + 4_000 * SECONDS;

interface Case {
  readonly name: string;
  readonly harm: (bed: Bed) => Promise<void>;
  /** What is undone after a third of the time, if anything is. */
  readonly mend?: (bed: Bed) => Promise<void>;
  readonly isPrimary?: boolean;
  readonly synchronous?: boolean;
}

const replicaOf = ({ embedded }: Bed) => embedded.replicas[0]!;
const primaryOf = ({ embedded }: Bed) => embedded.server;

const CASES: readonly Case[] = [
  {
    name: 'a replica is killed, and started again',
    harm: (bed) => replicaOf(bed).kill(),
    mend: (bed) => replicaOf(bed).restart(),
  },
  {
    name: 'a replica is stopped, and goes on',
    harm: (bed) => replicaOf(bed).pause(),
    mend: (bed) => replicaOf(bed).resume(),
  },
  {
    name: 'the primary is killed, and started again',
    harm: (bed) => primaryOf(bed).kill(),
    mend: (bed) => primaryOf(bed).start(),
    isPrimary: true,
  },
  {
    name: 'the primary is killed, and a replica promoted',
    harm: (bed) =>
      primaryOf(bed)
        .kill()
        .then(() => promote(bed)),
    isPrimary: true,
  },
  {
    name: 'the primary is stopped, and a replica promoted',
    harm: (bed) =>
      primaryOf(bed)
        .pause()
        .then(() => promote(bed)),
    isPrimary: true,
  },
  {
    name: 'the same, with replicas that need not have received anything',
    harm: (bed) =>
      primaryOf(bed)
        .kill()
        .then(() => promote(bed)),
    isPrimary: true,
    synchronous: false,
  },
];

it.each(CASES)('$name', { timeout: TIMEOUT }, async ({ name, harm, mend, isPrimary, synchronous = true }) => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const bed = await openBed({ REDIS_URL: redis.url }, { delays: [0, 0], synchronous });
  const checker = new ConsistencyChecker({ hosts: bed.hosts, sessions: SESSIONS, carriesTokens: false });
  const third = (SECONDS * 1000) / 3;
  const recovered: number[] = [];
  await checker.run(async () => {
    await pause(third);
    const recovering = [checker.recovery('writes'), checker.recovery('reads')];
    await harm(bed);
    if (mend) {
      await pause(third);
      await mend(bed);
    }
    recovered.push(...(await Promise.all(recovering)));
    await pause(third);
  });
  const report = await checker.settle();
  tell(name, report, recovered);
  const { wrong, unavailable, lost, behind, untold } = report;
  expect(wrong).toEqual([]);
  expect(isPrimary ? 0 : unavailable.writes + unavailable.reads).toBe(0);
  // What nobody else had received is lost with the primary, and so is the sight of it.
  expect(synchronous ? [...lost, ...behind, ...untold] : []).toEqual([]);
  expect(report.writes).toBeGreaterThan(10);
});

function tell(what: string, report: CheckReport, [writes, reads]: number[]): void {
  const { unavailable, slowest, gap, lost, behind } = report;
  const s = (milliseconds: number) => (milliseconds / 1000).toFixed(2);
  process.stderr.write(
    `${what}: ${report.writes} writes, ${report.reads} reads; 503: ${unavailable.writes} writes, ${unavailable.reads} reads; ` +
      `other errors: ${report.wrong.length}; write again after ${s(writes!)} s, read after ${s(reads!)} s; ` +
      `longest without a write ${s(gap)} s; slowest answer ${s(slowest)} s; lost ${lost.length}; behind ${behind.length}\n`,
  );
}
