import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { FolderPaths } from './folder-paths.js';
import { isAlive, readPostmaster, serverProcesses, signal, pollUntil } from './processes.js';

/** Removes leftovers of a killed process from the folder, which must be locked. */
export async function cleanUpAfterCrash(paths: FolderPaths): Promise<void> {
  await removeUnfinishedFolders(paths);
  const postmaster = await readPostmaster(paths.data);
  if (!postmaster) return;
  await stopLeftovers(paths.data, postmaster.pid);
  // Another process has this pid now. PostgreSQL takes any live process of its user for a server and would not start.
  if (process.platform === 'linux' && isAlive(postmaster.pid)) {
    await rm(join(paths.data, 'postmaster.pid'), { force: true });
  }
}

/** Removes data directories whose creation or removal was interrupted. */
export async function removeUnfinishedFolders({
  dir,
  unfinishedPrefix,
}: Pick<FolderPaths, 'dir' | 'unfinishedPrefix'>): Promise<void> {
  const names = await readdir(dir);
  await Promise.all(
    names
      .filter((name) => name.startsWith(unfinishedPrefix))
      // Retried, because child processes of a killed initdb may still write for a moment.
      .map((name) => rm(join(dir, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })),
  );
}

async function stopLeftovers(data: string, postmaster: number): Promise<void> {
  const exited = async () => (await serverProcesses(data)).length === 0;
  const leftovers = await serverProcesses(data);
  if (leftovers.includes(postmaster)) signal(postmaster, 'SIGINT');
  // A busy backend does not notice that its postmaster has died, and PostgreSQL does not start beside it.
  else for (const pid of leftovers) signal(pid, 'SIGQUIT');
  if (await pollUntil(exited, 30_000)) return;
  for (const pid of await serverProcesses(data)) signal(pid, 'SIGKILL');
  if (await pollUntil(exited, 10_000)) return;
  const pids = (await serverProcesses(data)).join(', ');
  throw new Error(`PostgreSQL processes of an earlier run in ${data} do not stop: ${pids}. Kill them.`);
}
