import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { lockFolder } from './folder-lock.js';
import { folderPaths } from './folder-paths.js';
import { cleanUpAfterCrash, removeUnfinishedFolders } from './crash-cleanup.js';
import { removeReplicas } from './replica-set.js';

/**
 * Removes the data of the embedded PostgreSQL in a folder, and nothing else there.
 * @throws Error while a server runs in the folder, with its pid and port in the message
 */
export async function resetEmbedded(dir: string): Promise<void> {
  if (!existsSync(dir)) return;
  const paths = await folderPaths(dir);
  const lock = await lockFolder(paths, 'Stop that process first.');
  try {
    await cleanUpAfterCrash(paths);
    // Renamed first, so that an interrupted reset leaves no partial cluster.
    if (existsSync(paths.data)) await rename(paths.data, join(paths.dir, `${paths.unfinishedPrefix}removed`));
    await removeUnfinishedFolders(paths);
    await removeReplicas(paths);
    await rm(paths.log, { force: true });
  } finally {
    lock.release();
  }
}
