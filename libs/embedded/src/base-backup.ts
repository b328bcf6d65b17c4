import { constants } from 'node:fs';
import { chown, copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Launcher } from './launcher.js';

/** Of these folders a copy needs the folder alone: the server's own state, and the log, which is streamed. */
const EMPTY = new Set([
  'pg_wal',
  'pg_replslot',
  'pg_stat_tmp',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_subtrans',
]);
const LEFT_OUT = /^(postmaster\.(pid|opts)|pg_internal\.init|pgsql_tmp.*|standby\.signal|backup_label.*)$/;

/**
 * Copies the data of a running server, as pg_basebackup does (PostgreSQL's documentation, "Making a Base Backup Using
 * the Low Level API"); npm's PostgreSQL comes without that program.
 * @param superuserUrl of the server that is copied
 * @param slot made there, if need be: from now on the server keeps the log that the copy has not seen
 */
export async function copyData(
  superuserUrl: string,
  slot: string,
  from: string,
  to: string,
  launcher: Launcher,
): Promise<void> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    await client.query('select pg_drop_replication_slot($1) from pg_replication_slots where slot_name = $1', [
      slot,
    ]);
    await client.query('select pg_create_physical_replication_slot($1, true)', [slot]);
    await client.query("select pg_backup_start('tearline', true)");
    await copyFolder(from, to, launcher);
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
    await writeData(join(to, 'backup_label'), rows[0]!.labelfile, launcher);
  } finally {
    await client.end();
  }
}

/** Writes a file of a data directory, for the account that the server runs as. */
export async function writeData(path: string, text: string, { account }: Launcher): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
  if (account) await chown(path, account.uid, account.gid);
}

async function copyFolder(from: string, to: string, launcher: Launcher, isTop = true): Promise<void> {
  const { account } = launcher;
  await mkdir(to, { mode: 0o700 });
  if (account) await chown(to, account.uid, account.gid);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (LEFT_OUT.test(entry.name)) continue;
    if (!entry.isDirectory()) await copy(source, target, launcher);
    else if (!isTop || !EMPTY.has(entry.name)) await copyFolder(source, target, launcher, false);
    else await mkdir(target, { mode: 0o700 }).then(() => account && chown(target, account.uid, account.gid));
  }
}

async function copy(source: string, target: string, { account }: Launcher): Promise<void> {
  try {
    await copyFile(source, target, constants.COPYFILE_FICLONE);
    if (account) await chown(target, account.uid, account.gid);
  } catch (error) {
    // A table that was dropped meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
