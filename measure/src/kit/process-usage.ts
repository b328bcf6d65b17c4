import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second, whatever its own clock does. */
const TICK_MS = 10;

/** Milliseconds of CPU that a process and its descendants have used, those that have ended included. */
export const cpuOf = (pid: number): number => cpuOfEach([pid])[0]!;

/** The same of several at the same moment, in their order. */
export function cpuOfEach(pids: readonly number[]): number[] {
  const stats = readAll();
  return pids.map((pid) => {
    const tree = [pid, ...descendantsOf(pid, stats)];
    return tree.reduce((sum, one) => sum + (stats.get(one)?.ticks ?? 0), 0) * TICK_MS;
  });
}

/** MiB of memory that a process and its descendants have in use; what several of them map is counted once. */
export function memoryOfTree(pid: number): number {
  const kib = [pid, ...descendantsOf(pid, readAll())].map((one) => {
    try {
      const [, size] = /^Pss:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${one}/smaps_rollup`, 'utf8')) ?? [];
      return Number(size ?? 0);
    } catch {
      return 0; // ended meanwhile, or somebody else's
    }
  });
  return kib.reduce((sum, size) => sum + size, 0) / 1024;
}

/** MiB of memory that a process has in use. */
export function memoryOf(pid: number): number {
  const [, kib] = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}

/** Milliseconds of CPU that everybody on the machine has used. */
export function machineCpu(): number {
  const [, fields = ''] = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8')) ?? [];
  const [user, nice, system, , , irq, softirq] = fields.split(' ').map(Number);
  return (user! + nice! + system! + irq! + softirq!) * TICK_MS;
}

type Stats = ReadonlyMap<number, { parent: number; ticks: number }>;

function descendantsOf(pid: number, stats: Stats): number[] {
  const children = [...stats].filter(([, { parent }]) => parent === pid).map(([child]) => child);
  return children.flatMap((child) => [child, ...descendantsOf(child, stats)]);
}

function readAll(): Stats {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return new Map(pids.flatMap((pid) => readOne(pid)));
}

function readOne(pid: string): [number, { parent: number; ticks: number }][] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // From the name's end on, as a name may hold anything: state, parent, … utime, stime, cutime, cstime.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return [[Number(pid), { parent: Number(fields[1]), ticks }]];
  } catch {
    return []; // ended meanwhile
  }
}
