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

/** Signals a process, unless it is gone already. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Asks again and again, every `everyMs`, until the answer is true (true) or the time is over (false). */
export async function until(
  answer: () => Promise<boolean>,
  withinMs: number,
  everyMs = 20,
): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (!(await answer())) {
    if (Date.now() > deadline) return false;
    await delay(everyMs);
  }
  return true;
}

/** The postmaster named by a data directory, and whether it says that it accepts connections. */
export async function readPostmaster(data: string): Promise<{ pid: number; ready: boolean } | undefined> {
  const lines = await readFile(`${data}/postmaster.pid`, 'utf8').then(
    (file) => file.split('\n'),
    () => undefined,
  );
  return lines && { pid: Number(lines[0]), ready: lines[7]?.trim() === 'ready' };
}

/** Every PostgreSQL process at work in a data directory: each has it as its working directory. Linux only, else none. */
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
