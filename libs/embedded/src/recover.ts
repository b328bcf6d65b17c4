import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Paths } from './paths.js';
import { isAlive, readPostmaster, serverProcesses, signal, until } from './processes.js';

/** Clears away what an earlier run that was killed left in the folder. Call it only with the folder locked. */
export async function recover(paths: Paths): Promise<void> {
  await removeUnfinished(paths);
  const postmaster = await readPostmaster(paths.data);
  if (!postmaster) return;
  await stopLeftovers(paths.data, postmaster.pid);
  // The number has gone to another process. PostgreSQL takes any live process of its user for a server and would not start.
  if (process.platform === 'linux' && isAlive(postmaster.pid)) {
    await rm(join(paths.data, 'postmaster.pid'), { force: true });
  }
}

/** Removes data directories that were being made, or removed, when their process was killed. */
export async function removeUnfinished({ dir, unfinished }: Paths): Promise<void> {
  const names = await readdir(dir);
  await Promise.all(
    names
      .filter((name) => name.startsWith(unfinished))
      // Retried, since what a killed initdb had started may still write for a moment.
      .map((name) => rm(join(dir, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })),
  );
}

async function stopLeftovers(data: string, postmaster: number): Promise<void> {
  const gone = async () => (await serverProcesses(data)).length === 0;
  const leftovers = await serverProcesses(data);
  if (leftovers.includes(postmaster)) signal(postmaster, 'SIGINT');
  // A backend that is busy does not notice that its postmaster has died, and PostgreSQL would not start beside it.
  else for (const pid of leftovers) signal(pid, 'SIGQUIT');
  if (await until(gone, 30_000)) return;
  for (const pid of await serverProcesses(data)) signal(pid, 'SIGKILL');
  if (await until(gone, 10_000)) return;
  const pids = (await serverProcesses(data)).join(', ');
  throw new Error(`A PostgreSQL left behind in ${data} does not stop: processes ${pids}.`);
}
