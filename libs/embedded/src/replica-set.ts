import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataServer, ServerSettings } from './data-server.js';
import { EmbeddedReplica } from './embedded-replica.js';
import type { Paths } from './paths.js';

/** Settings of a server that has replicas. */
export const REPLICATED: ServerSettings = {
  // What is kept for a replica that is away; one that stays away for longer has to be made anew.
  max_slot_wal_keep_size: '1GB',
  // Else a vacuum on the primary cancels reads on a replica.
  hot_standby_feedback: 'on',
};

const FOLDER = /^replica_\d+$/;

/** Makes replicas of a running server, anew each time: nothing is left of what an earlier run did to them. */
export async function makeReplicas(
  primary: DataServer,
  count: number,
  log: (line: string) => void,
): Promise<EmbeddedReplica[]> {
  const { dir } = primary.options.paths;
  const replicas: EmbeddedReplica[] = [];
  try {
    for (let number = 1; number <= count; number += 1) {
      const replica = await EmbeddedReplica.make(`replica_${number}`, primary, dir);
      replicas.push(replica);
      log(`${replica.name} is ready on 127.0.0.1:${replica.port} (pid ${replica.server.pid})`);
    }
    return replicas;
  } catch (error) {
    await Promise.all(replicas.map((replica) => replica.stop()));
    throw error;
  }
}

/** Removes the replicas of an earlier run. @returns whether there were any */
export async function removeReplicas({ dir }: Pick<Paths, 'dir'>): Promise<boolean> {
  const folders = (await readdir(dir)).filter((name) => FOLDER.test(name));
  for (const name of folders) await rm(join(dir, name), { recursive: true, force: true, maxRetries: 10 });
  return folders.length > 0;
}

/** Else the server would keep its log for replicas that are no more. */
export function dropSlots(primary: DataServer): Promise<void> {
  return primary.execute(
    'select pg_drop_replication_slot(slot_name) from pg_replication_slots where not active',
  );
}
