import { readFile, readdir, readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Signals a process, unless it has exited. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Polls until `answer` resolves with true, and returns whether it did in time. */
export async function pollUntil(
  answer: () => Promise<boolean>,
  timeoutMs: number,
  intervalMs = 20,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!(await answer())) {
    if (performance.now() > deadline) return false;
    await delay(intervalMs);
  }
  return true;
}

/** Reads the postmaster's pid from a data directory, and whether it accepts connections. */
export async function readPostmaster(data: string): Promise<{ pid: number; ready: boolean } | undefined> {
  const lines = await readFile(`${data}/postmaster.pid`, 'utf8').then(
    (file) => file.split('\n'),
    () => undefined,
  );
  return lines && { pid: Number(lines[0]), ready: lines[7]?.trim() === 'ready' };
}

/** Returns all PostgreSQL processes whose working directory is a data directory. Linux only, elsewhere empty. */
export async function serverProcesses(data: string): Promise<number[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const works = await Promise.all(
    pids.map(async (pid) => {
      const [cwd, exe] = await Promise.all(
        ['cwd', 'exe'].map((link) => readlink(`/proc/${pid}/${link}`).catch(() => '')),
      );
      return cwd === data && /\/postgres( \(deleted\))?$/.test(exe!);
    }),
  );
  return pids.filter((_, index) => works[index]).map(Number);
}
