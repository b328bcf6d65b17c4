import type pg from 'pg';
import { isLockTimeout } from '../server-errors.js';
import type { Server } from './server.js';

/** A server still has to notice that a command was killed. */
const LOCK_TIMEOUT_MS = 5_000;

/** Works at a move of a module's data alone, on all servers. @throws Error when another process works at one */
export async function withMoveLock<T>(
  module: string,
  servers: readonly Server[],
  work: () => Promise<T>,
): Promise<T> {
  const locked: pg.Client[] = [];
  try {
    for (const server of servers) {
      await lock(module, server);
      locked.push(server.owner);
    }
    return await work();
  } finally {
    for (const owner of locked)
      await owner
        .query(`select pg_advisory_unlock(hashtext('tearline data'), hashtext($1))`, [module])
        .catch(() => undefined);
  }
}

async function lock(module: string, { owner, address }: Server): Promise<void> {
  try {
    await owner.query(`set lock_timeout = ${LOCK_TIMEOUT_MS}`);
    await owner.query(`select pg_advisory_lock(hashtext('tearline data'), hashtext($1))`, [module]);
  } catch (error) {
    if (!isLockTimeout(error)) throw error;
    throw new Error(`another process works at a move of '${module}' at ${address}: let it end, or end it`, {
      cause: error,
    });
  }
  await owner.query('reset lock_timeout');
}
