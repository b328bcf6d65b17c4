import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { connectToPrimary } from '../connect-to-primary.js';
import { type Placement, writePlacement } from '../placement/placements.js';
import { grantPrivileges, revokePrivileges } from '../roles.js';
import { isConflict, isLockTimeout } from '../server-errors.js';
import type { Replication } from './replication.js';
import { copySequences, movedTables } from './tables.js';

/** While the tables are locked, transactions of the module wait: for this long at most before an attempt is given up. */
const MAX_PAUSE_MS = 2_000;
/** Shorter than PostgreSQL's deadlock_timeout of a second, so that a deadlock ends the attempt and not the transaction. */
const LOCK_TIMEOUT_MS = 400;
/** The other server is this close before the tables are locked. */
const MAX_DISTANCE_MS = 500;
const MAX_ATTEMPTS = 60;
const MAX_WAIT_MS = 5_000;

export interface CutoverOptions {
  readonly module: string;
  /** The module's role, which has the same name on both servers. */
  readonly role: string;
  /** From the server with the data to the other one. */
  readonly replication: Replication;
  readonly placement: Placement;
  readonly log: (line: string) => void;
  readonly onStep: (step: 'lock' | 'arrive' | 'commit') => void;
  readonly signal: AbortSignal;
}

/**
 * Moves the data: from the commit of one transaction at `replication.from` on, it is at `replication.to`. That transaction
 * locks the module's tables, waits until the other server has everything, and takes the module's role its privileges. Statements
 * that wait for the lock are refused then, and hosts repeat them at the other server. Before the commit, a failure of any
 * process leaves the data where it was.
 * @returns the milliseconds for which the tables were locked
 */
export async function cutOver(options: CutoverOptions): Promise<number> {
  const { replication, log, signal } = options;
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    const distance = await replication.catchUp(MAX_DISTANCE_MS);
    const pauseMs = distance === undefined ? undefined : await tryOnce(options);
    if (pauseMs !== undefined) return pauseMs;
    const reason =
      distance === undefined
        ? 'the other server is behind'
        : 'a transaction of the module, or a migration, is under way';
    if (attempt === MAX_ATTEMPTS)
      throw new Error(
        `no cutover after ${attempt} attempts: ${reason}. Run the command again; requests go on`,
      );
    const waitMs = Math.min(MAX_WAIT_MS, 250 * 1.5 ** (attempt - 1));
    log(`${reason}; requests go on, next attempt in ${(waitMs / 1_000).toFixed(1)} s`);
    await sleep(waitMs, undefined, { signal });
  }
}

/** Returns undefined when the tables could not be locked in time, or the other server did not have everything in time. */
async function tryOnce(options: CutoverOptions): Promise<number | undefined> {
  const { module, replication, placement, onStep } = options;
  const { from, to } = replication;
  const tables = (await movedTables(from, module)).map(({ name }) => name);
  const { owner: holder } = await connectToPrimary(from.url);
  try {
    await holder.query(`set lock_timeout = ${LOCK_TIMEOUT_MS}`);
    // A tool that hangs must not hold the lock.
    await holder.query(`set idle_in_transaction_session_timeout = ${2 * MAX_PAUSE_MS}`);
    await holder.query('begin');
    // Nor may a migration grant what is revoked here.
    await holder.query('lock table tearline.migration_lock in exclusive mode');
    onStep('lock');
    const began = performance.now();
    await holder.query(`lock table ${tables.join()} in access exclusive mode`);
    onStep('arrive');
    if (!(await moveLocked(options, holder, began))) {
      await holder.query('rollback');
      return undefined;
    }
    await writePlacement(holder, module, {
      ...placement,
      epoch: placement.epoch + 1,
      away: to.place,
      peer: to.place,
    });
    onStep('commit');
    await holder.query('commit');
    return performance.now() - began;
  } catch (error) {
    if (isLockTimeout(error) || isConflict(error)) return undefined;
    throw error;
  } finally {
    await holder.end().catch(() => undefined);
  }
}

/** Returns whether the other server has everything in time. */
async function moveLocked(
  { module, role, replication }: CutoverOptions,
  holder: pg.Client,
  began: number,
): Promise<boolean> {
  const { from, to } = replication;
  const remainingMs = MAX_PAUSE_MS - (performance.now() - began);
  const [distance] = await Promise.all([
    replication.catchUp(remainingMs),
    revokePrivileges(holder, module, role),
  ]);
  if (distance === undefined) return false;
  await copySequences(from, to, module);
  await grantPrivileges(to.owner, module, role);
  return true;
}
