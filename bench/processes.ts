import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second, whatever its own clock does. */
const TICK_MS = 10;

/** Milliseconds of CPU that a process and its descendants have used, those that have ended included. */
export function cpuOf(pid: number): number {
  const stats = readAll();
  const ticksOf = (one: number): number => {
    const stat = stats.get(one);
    if (!stat) return 0;
    const children = [...stats].filter(([, { parent }]) => parent === one).map(([child]) => child);
    return stat.ticks + children.reduce((sum, child) => sum + ticksOf(child), 0);
  };
  return ticksOf(pid) * TICK_MS;
}

/** MiB of memory that a process has in use. */
export function memoryOf(pid: number): number {
  const [, kib] = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}

/** Milliseconds of CPU that everybody on the machine has used. */
export function cpuOfAll(): number {
  const [, fields = ''] = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8')) ?? [];
  const [user, nice, system, , , irq, softirq] = fields.split(' ').map(Number);
  return (user! + nice! + system! + irq! + softirq!) * TICK_MS;
}

function readAll(): Map<number, { parent: number; ticks: number }> {
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
