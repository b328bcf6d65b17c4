import { setTimeout as sleep } from 'node:timers/promises';
import { currentCall } from '@tearline/seam';
import type { DataSource, EntityManager } from 'typeorm';
import { isConflict } from './server-errors.js';

const MAX_ATTEMPTS = 5;
/** Doubled with each attempt; the wait is random up to it, so that transactions that conflicted do not meet again. */
const MAX_FIRST_WAIT_MS = 20;

/**
 * Runs work again, up to five times in all, when PostgreSQL ended it because of a deadlock (40P01) or a serialization
 * failure (40001). Both leave no effect in the database.
 */
export async function repeatOnConflict<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !isConflict(error) || currentCall()?.cancelled) throw error;
      await sleep(Math.random() * MAX_FIRST_WAIT_MS * 2 ** (attempt - 1));
    }
  }
}

/**
 * Runs `work` in a transaction, and again when the transaction conflicts with a concurrent one.
 * @param work has no effect but through its manager
 */
export function inTransaction<T>(
  database: DataSource,
  work: (manager: EntityManager) => Promise<T>,
): Promise<T> {
  return repeatOnConflict(() => database.transaction(work));
}
