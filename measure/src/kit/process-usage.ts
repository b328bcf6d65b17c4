import { readdirSync, readFileSync } from 'node:fs';

/** Linux reports CPU times in hundredths of a second. */
const TICK_MS = 10;

/** Returns the CPU milliseconds of a process and its descendants, including those that have ended. */
export const cpuOf = (...pids: readonly number[]): number =>
  cpuOfEach(pids).reduce((sum, each) => sum + each, 0);

/** Returns the same for several processes at one moment, in their order. */
export function cpuOfEach(pids: readonly number[]): number[] {
  const stats = readAllStats();
  return pids.map((pid) => {
    const tree = [pid, ...descendantsOf(pid, stats)];
    return tree.reduce((sum, one) => sum + (stats.get(one)?.ticks ?? 0), 0) * TICK_MS;
  });
}

/**
 * Returns the CPU milliseconds of one process, precise enough for a single request, and those of its main thread. Threads
 * that have ended are not included.
 */
export function preciseCpu(pid: number): { all: number; mainThread: number } {
  const millisecondsOf = (thread: string) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  const all = readdirSync(`/proc/${pid}/task`).reduce((total, thread) => total + millisecondsOf(thread), 0);
  return { all, mainThread: millisecondsOf(`${pid}`) };
}

/** Returns the CPU milliseconds of everything on the machine. */
export function machineCpu(): number {
  const [, fields = ''] = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8')) ?? [];
  const [user, nice, system, , , irq, softirq] = fields.split(' ').map(Number);
  return (user! + nice! + system! + irq! + softirq!) * TICK_MS;
}

/** Returns the MiB (PSS) of processes and their descendants; pages that several of them map count once. */
export function memoryOfTrees(...pids: readonly number[]): number {
  const stats = readAllStats();
  const all = pids.flatMap((pid) => [pid, ...descendantsOf(pid, stats)]);
  const kib = all.map((pid) => {
    try {
      const [, size] = /^Pss:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
      return Number(size ?? 0);
    } catch {
      return 0; // it has ended, or belongs to another user
    }
  });
  return kib.reduce((sum, size) => sum + size, 0) / 1024;
}

/** Returns the resident MiB of one process. */
export function residentMemory(pid: number): number {
  const [, kib] = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}

type Stats = ReadonlyMap<number, { parent: number; ticks: number }>;

function descendantsOf(pid: number, stats: Stats): number[] {
  const children = [...stats].filter(([, { parent }]) => parent === pid).map(([child]) => child);
  return children.flatMap((child) => [child, ...descendantsOf(child, stats)]);
}

function readAllStats(): Stats {
  const stats = new Map<number, { parent: number; ticks: number }>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    try {
      // state, parent, … utime, stime, cutime, cstime
      const fields = fieldsOf(`/proc/${pid}/stat`);
      const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
      stats.set(Number(pid), { parent: Number(fields[1]), ticks });
    } catch {
      continue; // it has ended
    }
  return stats;
}

/** The fields after the name, since a name may contain anything. */
function fieldsOf(file: string): string[] {
  const stat = readFileSync(file, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
