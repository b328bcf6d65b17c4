import { setTimeout as pause } from 'node:timers/promises';
import type { PatroniCluster } from '@tearline/process';
import { type CheckReport, ConsistencyChecker } from '../../support/consistency-checker.js';
import type { FailoverEnvironment } from './environment.js';
import type { Fault } from './faults.js';
import { Ledger } from './ledger.js';

/** What happened during one fault. */
export interface FaultResult {
  /** Longest time without an acknowledged write of the checker's sessions, in milliseconds. */
  readonly gap: number;
  /** Acknowledged writes, and those of them that are missing at the end. */
  readonly writes: number;
  readonly lost: readonly string[];
  readonly reads: number;
  /** Reads that did not show an earlier write of their session, and jobs that did not. */
  readonly behind: readonly string[];
  /** Requests that failed, by status; 0 is one without an answer. */
  readonly failed: ReadonlyMap<number, number>;
  /** Answers that no client should get. */
  readonly wrong: readonly string[];
}

export interface Load {
  /** Users that write and read. */
  readonly sessions: number;
  /** Maximal pause of a user between two requests, in milliseconds. */
  readonly thinkMs: number;
}

/** Time before a fault, so that there are writes to lose. */
const LEAD_MS = 1_500;
const LEADER_TIMEOUT_MS = 180_000;

/** Injects a fault while users write and read, and waits until the cluster is complete again. @throws Error when a host ends */
export async function runFault(
  environment: FailoverEnvironment,
  fault: Fault,
  load: Load,
): Promise<FaultResult> {
  const { cluster, hosts } = environment;
  // Without one of them, the sessions would wait for it for ever.
  const ended = Promise.race(
    hosts.map(async ({ exited }) => {
      throw new Error(`a host ended with ${await exited}`);
    }),
  );
  const urls = hosts.map(({ url }) => url);
  const checker = new ConsistencyChecker({ ...load, hosts: urls, carriesTokens: true });
  const ledger = await Ledger.open(urls);
  const inject = async () => {
    const writing = ledger.write();
    try {
      await pause(LEAD_MS);
      checker.restartGap();
      const before = await cluster.leader();
      const end = await fault.inject(environment);
      if (fault.seconds === undefined) await otherLeader(cluster, before.name);
      else await pause(1_000 * fault.seconds);
      await checker.recovery('writes');
      await end();
      await cluster.complete();
      await checker.recovery('writes');
    } finally {
      ledger.close();
      await writing;
    }
  };
  await checker.run(() => Promise.race([inject(), ended]));
  const report = await checker.settle();
  const lost = await ledger.lost(cluster.url);
  return {
    gap: report.gap,
    writes: report.writes + ledger.acknowledged.length,
    lost: [...report.lost, ...lost],
    reads: report.reads,
    behind: [...report.behind, ...report.unnotified],
    failed: failuresOf(report, ledger),
    wrong: report.wrong,
  };
}

/** Resolves when another member is the leader. */
async function otherLeader(cluster: PatroniCluster, before: string): Promise<void> {
  const deadline = performance.now() + LEADER_TIMEOUT_MS;
  for (;;) {
    const leader = await cluster.leader().catch(() => undefined);
    if (leader !== undefined && leader.name !== before) return;
    if (performance.now() > deadline) throw new Error(`no member has taken the place of ${before}`);
    await pause(50);
  }
}

function failuresOf({ unavailable, wrong }: CheckReport, ledger: Ledger): Map<number, number> {
  const failed = new Map(ledger.failed);
  const add = (status: number, count: number) =>
    void (count > 0 && failed.set(status, (failed.get(status) ?? 0) + count));
  add(503, unavailable.writes + unavailable.reads);
  for (const text of wrong) add(Number(/was answered (\d{3})/.exec(text)?.[1] ?? 0), 1);
  return failed;
}
