import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresServer, ServerSettings } from './postgres-server.js';
import { EmbeddedReplica } from './embedded-replica.js';
import type { FolderPaths } from './folder-paths.js';

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

/** Removes the replicas of an earlier run; returns whether there were any. */
export async function removeReplicas({ dir }: Pick<FolderPaths, 'dir'>): Promise<boolean> {
  const folders = (await readdir(dir)).filter((name) => FOLDER.test(name));
  for (const name of folders) await rm(join(dir, name), { recursive: true, force: true, maxRetries: 10 });
  return folders.length > 0;
}

/** Drops the slots of removed replicas, for which the server would keep its WAL. */
export function dropSlots(primary: PostgresServer): Promise<void> {
  return primary.execute(
    'select pg_drop_replication_slot(slot_name) from pg_replication_slots where not active',
  );
}
