import type pg from 'pg';
import { connectToPrimary } from './connect-to-primary.js';
import { LOCK_TIMEOUT_MS, type LockWaitOptions, repeatWhileLocked } from './lock-waits.js';

const LOCK = 'tearline.migration_lock';
/** Another process has created the schema or the table at the same time. */
const CREATED_MEANWHILE = ['23505', '42P06', '42P07', '42710'];

/**
 * Runs `work` while no other process migrates the database, and again while it does not get a lock. The lock is on a table of the owner: any role could take
 * an advisory lock, and block every migration.
 * @param work is idempotent; receives a connection of the owner to the primary, and its URL
 */
export async function withMigrationLock<T>(
  ownerUrl: string,
  work: (owner: pg.Client, url: string) => Promise<T>,
  options?: LockWaitOptions,
): Promise<T> {
  const { owner: holder, url } = await connectToPrimary(ownerUrl);
  try {
    await createLock(holder);
    await holder.query("set application_name = 'tearline migration lock'");
    await holder.query('begin');
    await holder.query(`lock table ${LOCK} in exclusive mode`);
    const attempt = async () => {
      const { owner } = await connectToPrimary(url);
      try {
        await owner.query(`set lock_timeout = ${LOCK_TIMEOUT_MS}`);
        return await work(owner, url);
      } finally {
        await owner.end();
      }
    };
    return await repeatWhileLocked(holder, attempt, options);
  } finally {
    await holder.end();
  }
}

async function createLock(owner: pg.Client): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await owner.query('create schema if not exists tearline');
      await owner.query(`create table if not exists ${LOCK} ()`);
      return;
    } catch (error) {
      if (attempt === 10 || !CREATED_MEANWHILE.includes((error as pg.DatabaseError).code!)) throw error;
    }
  }
}
