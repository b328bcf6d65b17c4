import { readFileSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/**
 * Makes the operating system prefer other processes to this one, and to the threads that it starts from now on. Without an
 * effect where the system does not allow it.
 */
export function lowerPriority(pid: number, niceness: number): void {
  try {
    setPriority(pid, niceness);
    // Where Linux schedules sessions as groups, niceness compares within a session, and this one the sessions.
    if (process.platform === 'linux' && sessionOf(pid) === pid)
      writeFileSync(`/proc/${pid}/autogroup`, `${niceness}`);
  } catch {
    // It has ended, or the system has no such groups: the work is then as urgent as all other.
  }
}

function sessionOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // state, parent, group, session, after a name that may contain anything
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]);
}
