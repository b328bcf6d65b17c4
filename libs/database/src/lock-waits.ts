import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { isConflict, isLockTimeout } from './server-errors.js';

/** Short, because every other statement on a table waits behind the one that waits to lock it. */
export const LOCK_TIMEOUT_MS = 1_000;
export const MIGRATION_APPLICATION = 'tearline migrate';
const POLL_INTERVAL_MS = 100;
const MIN_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 10_000;
const GIVE_UP_AFTER_MS = 120_000;

export interface LockWaitOptions {
  /** Receives a line for each attempt that did not get a lock. */
  readonly log?: (line: string) => void;
  /** Milliseconds after which the last attempt begins; 120,000 by default. */
  readonly giveUpAfterMs?: number | undefined;
}

/** A session that holds a lock. What it does is unknown to an owner without the rights of its role. */
interface Blocker {
  readonly pid: number;
  readonly application: string;
  readonly role: string | null;
  readonly seconds: number | null;
  readonly query: string | null;
}

const BLOCKERS = `
  select distinct blocker.pid, blocker.application_name as application, blocker.usename as role,
         extract(epoch from clock_timestamp() - blocker.xact_start)::int as seconds, left(blocker.query, 100) as query
    from pg_stat_activity waiting, unnest(pg_blocking_pids(waiting.pid)) as blocking (pid)
    join pg_stat_activity blocker on blocker.pid = blocking.pid
   where waiting.datname = current_database() and waiting.application_name = $1`;

/**
 * Runs `work` again, with growing pauses, as long as it does not get a lock in time. In the pauses the statements that
 * waited behind it go on.
 * @param observer a connection that `work` does not use
 * @param work is idempotent, and sets {@link LOCK_TIMEOUT_MS} on its connections, named {@link MIGRATION_APPLICATION}
 * @throws Error that names the sessions that hold the lock
 */
export async function repeatWhileLocked<T>(
  observer: pg.Client,
  work: () => Promise<T>,
  { log = () => undefined, giveUpAfterMs = GIVE_UP_AFTER_MS }: LockWaitOptions = {},
): Promise<T> {
  const began = performance.now();
  for (let pause = MIN_PAUSE_MS; ; pause = Math.min(2 * pause, MAX_PAUSE_MS)) {
    const ended = new AbortController();
    const watching = watchBlockers(observer, ended.signal);
    try {
      return await work();
    } catch (error) {
      if (!isLockTimeout(error) && !isConflict(error)) throw error;
      ended.abort();
      const blockers = await watching;
      const waitedMs = performance.now() - began;
      if (waitedMs > giveUpAfterMs) throw new Error(givenUp(blockers, waitedMs), { cause: error });
      log(
        `waiting for a lock, which ${describeAll(blockers)} holds; requests go on, retry in ${pause / 1_000} s`,
      );
      await sleep(pause);
    } finally {
      ended.abort();
      await watching;
    }
  }
}

/** Returns the blockers that were seen last before the signal. */
async function watchBlockers(observer: pg.Client, ended: AbortSignal): Promise<Blocker[]> {
  let last: Blocker[] = [];
  try {
    for (;;) {
      await sleep(POLL_INTERVAL_MS, undefined, { signal: ended });
      // In a transaction, PostgreSQL would repeat its first answer.
      await observer.query('select pg_stat_clear_snapshot()');
      const { rows } = await observer.query<Blocker>(BLOCKERS, [MIGRATION_APPLICATION]);
      if (rows.length > 0) last = rows;
    }
  } catch {
    // The signal; or a failure, which the work meets, too, and reports.
    return last;
  }
}

function givenUp(blockers: readonly Blocker[], waitedMs: number): string {
  const ends = blockers.map(({ pid }) => `select pg_terminate_backend(${pid})`).join('; ');
  return (
    `migrate: no lock within ${LOCK_TIMEOUT_MS / 1_000} s, in ${Math.round(waitedMs / 1_000)} s of attempts: ` +
    `${describeAll(blockers)} holds it. Let it end${ends && `, or end it (${ends})`}, and run \`npm run migrate\` again; ` +
    'migrations that have run stay'
  );
}

function describeAll(blockers: readonly Blocker[]): string {
  return blockers.map(describe).join(' and ') || 'another session';
}

function describe({ pid, application, role, seconds, query }: Blocker): string {
  const does = seconds === null ? '' : `, in a transaction for ${seconds} s, last statement: ${query}`;
  return `pid ${pid} (application '${application}', role '${role}'${does})`;
}
