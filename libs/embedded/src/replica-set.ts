import { existsSync, statSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cleanUpAfterCrash, removeUnfinishedFolders } from './crash-cleanup.js';
import { EmbeddedReplica } from './embedded-replica.js';
import { lockFolder } from './folder-lock.js';
import { folderPaths, type FolderPaths } from './folder-paths.js';
import type { PostgresServer, ServerSettings } from './postgres-server.js';

/** Settings of a primary with replicas. */
export const REPLICATION_SETTINGS: ServerSettings = {
  // Limits the WAL that is kept for a stopped replica.
  max_slot_wal_keep_size: '1GB',
  // Prevents a vacuum on the primary from cancelling reads on a replica.
  hot_standby_feedback: 'on',
};

const FOLDER = /^replica_\d+$/;

/** Creates replicas of a running server. */
export async function createReplicas(
  primary: PostgresServer,
  count: number,
  log: (line: string) => void,
): Promise<EmbeddedReplica[]> {
  const { dir } = primary.options.paths;
  const replicas: EmbeddedReplica[] = [];
  try {
    for (let number = 1; number <= count; number += 1) {
      const replica = await EmbeddedReplica.create(`replica_${number}`, primary, dir);
      replicas.push(replica);
      log(`${replica.name} is ready on 127.0.0.1:${replica.port} (pid ${replica.pid})`);
    }
    return replicas;
  } catch (error) {
    await Promise.all(replicas.map((replica) => replica.stop()));
    throw error;
  }
}

/** Returns the replica that takes writes, if one does. */
export async function promotedAmong(
  replicas: readonly EmbeddedReplica[],
): Promise<EmbeddedReplica | undefined> {
  const states = await Promise.all(replicas.map((replica) => replica.isPromoted().catch(() => false)));
  return replicas[states.indexOf(true)];
}

/** Removes the replicas of an earlier run; returns whether there were any. */
export async function removeReplicas({ dir }: Pick<FolderPaths, 'dir'>): Promise<boolean> {
  const folders = (await readdir(dir)).filter((name) => FOLDER.test(name));
  for (const name of folders) await rm(join(dir, name), { recursive: true, force: true, maxRetries: 10 });
  return folders.length > 0;
}

/**
 * Makes the data of a replica that was promoted in an earlier run the data of the primary, which lacks its writes. Returns
 * the replica's name, undefined when none was promoted.
 */
export async function adoptPromoted({
  dir,
  data,
  unfinishedPrefix,
}: FolderPaths): Promise<string | undefined> {
  const promoted = (await readdir(dir))
    .filter((name) => FOLDER.test(name) && wasPromoted(join(dir, name, 'postgres')))
    .map((name) => ({ name, at: statSync(join(dir, name, 'postgres/global/pg_control')).mtimeMs }));
  const { name } = promoted.toSorted((one, other) => other.at - one.at)[0] ?? {};
  if (name === undefined) return undefined;
  const paths = await folderPaths(join(dir, name));
  const lock = await lockFolder(paths, 'Stop that process first.');
  try {
    await cleanUpAfterCrash(paths);
    if (existsSync(data)) await rename(data, join(dir, `${unfinishedPrefix}former`));
    await rename(paths.data, data);
  } finally {
    lock.release();
  }
  await removeUnfinishedFolders({ dir, unfinishedPrefix });
  return name;
}

/** Whether this is the data of a replica that has run and was promoted, not an incomplete copy. */
const wasPromoted = (data: string) =>
  existsSync(join(data, 'backup_label.old')) && !existsSync(join(data, 'standby.signal'));

/** Drops the slots of removed replicas, for which the server would keep its WAL. */
export function dropSlots(primary: PostgresServer): Promise<void> {
  return primary.execute(
    'select pg_drop_replication_slot(slot_name) from pg_replication_slots where not active',
  );
}
