import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { lockFolder } from './folder-lock.js';
import { pathsIn } from './paths.js';
import { recover, removeUnfinished } from './recover.js';
import { removeReplicas } from './replica-set.js';

/**
 * Removes the data of the embedded PostgreSQL in a folder, and nothing else there; without data it does nothing.
 *
 * @throws Error while one is running in the folder, with its pid and port in the message.
 */
export async function resetEmbedded(dir: string): Promise<void> {
  if (!existsSync(dir)) return;
  const paths = await pathsIn(dir);
  const lock = await lockFolder(paths, 'Stop that process first.');
  try {
    await recover(paths);
    // Renamed first, so that a reset that is killed leaves no half of a cluster under the cluster's name.
    if (existsSync(paths.data)) await rename(paths.data, join(paths.dir, `${paths.unfinished}removed`));
    await removeUnfinished(paths);
    await removeReplicas(paths);
    await rm(paths.log, { force: true });
  } finally {
    lock.release();
  }
}
