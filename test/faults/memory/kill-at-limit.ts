import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Exit, RunningApp } from '../../support/running-app.js';

const POLL_INTERVAL_MS = 5;
const PAGE_BYTES = 4_096;
const MIB = 1_048_576;

/**
 * Kills a process as the kernel kills it in a container: with SIGKILL, as soon as its resident memory has reached a limit.
 * @returns how it ended
 */
export async function killAtLimit(
  app: Pick<RunningApp, 'pid' | 'kill' | 'exited'>,
  limitMib: number,
): Promise<Exit> {
  for (;;) {
    const exit = await Promise.race([app.exited, pause(POLL_INTERVAL_MS)]);
    if (exit !== undefined) return exit;
    if (residentMib(app.pid) >= limitMib) return app.kill();
  }
}

/** Returns the resident memory of a process; 0 when it has ended. */
export function residentMib(pid: number): number {
  try {
    const [, pages] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
    return (Number(pages) * PAGE_BYTES) / MIB;
  } catch {
    return 0;
  }
}
