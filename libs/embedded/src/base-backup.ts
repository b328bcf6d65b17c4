import { constants } from 'node:fs';
import { chown, copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerUser } from './server-user.js';

/** Folders whose contents are not copied: transient state, and the WAL, which is streamed. */
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
 * the Low Level API"); the npm package does not contain that program.
 * @param superuserUrl URL of the server
 * @param slot created anew: from now on the server keeps the WAL that the copy has not received
 */
export async function takeBaseBackup(
  superuserUrl: string,
  slot: string,
  from: string,
  to: string,
  serverUser: ServerUser,
): Promise<void> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: superuserUrl });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('select pg_drop_replication_slot($1) from pg_replication_slots where slot_name = $1', [
      slot,
    ]);
    await client.query('select pg_create_physical_replication_slot($1, true)', [slot]);
    await client.query("select pg_backup_start('tearline', true)");
    await copyFolder(from, to, serverUser);
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
    await writeServerFile(join(to, 'backup_label'), rows[0]!.labelfile, serverUser);
  } finally {
    await client.end();
  }
}

/** Writes a file of a data directory, owned by the server's user. */
export async function writeServerFile(path: string, text: string, { account }: ServerUser): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
  if (account) await chown(path, account.uid, account.gid);
}

async function copyFolder(from: string, to: string, serverUser: ServerUser, isTop = true): Promise<void> {
  const { account } = serverUser;
  await mkdir(to, { mode: 0o700 });
  if (account) await chown(to, account.uid, account.gid);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (LEFT_OUT.test(entry.name)) continue;
    if (!entry.isDirectory()) await copy(source, target, serverUser);
    else if (!isTop || !EMPTY.has(entry.name)) await copyFolder(source, target, serverUser, false);
    else await mkdir(target, { mode: 0o700 }).then(() => account && chown(target, account.uid, account.gid));
  }
}

async function copy(source: string, target: string, { account }: ServerUser): Promise<void> {
  try {
    await copyFile(source, target, constants.COPYFILE_FICLONE);
    if (account) await chown(target, account.uid, account.gid);
  } catch (error) {
    // A table was dropped meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
