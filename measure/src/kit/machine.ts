import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { SEED_COUNTS } from './database.js';

/** The cores of each kind of process, as taskset takes them; undefined where they cannot be kept apart. */
export interface Cores {
  /** The servers that are measured, and nginx. */
  readonly hosts: string | undefined;
  /** PostgreSQL, Redis, and the thread that delays the hosts' calls. */
  readonly data: string | undefined;
  readonly load: string | undefined;
  /** The number of cores of the hosts. */
  readonly count: number;
  readonly description: string;
}

/** The load generator, a single process, cannot keep more of them busy. */
const MAX_HOST_CORES = 4;

/** Divides the cores; the load has one of its own when there are three or more. @param available in order */
export function assignCores(available: readonly number[]): Cores {
  if (available.length < 2) {
    const description = 'everything on the only core';
    return { hosts: undefined, data: undefined, load: undefined, count: 1, description };
  }
  if (available.length === 2) {
    const [hosts, rest] = available.map(String) as [string, string];
    const description = `servers on core ${hosts}; load, PostgreSQL and Redis on core ${rest}`;
    return { hosts, data: rest, load: rest, count: 1, description };
  }
  const dataCount = Math.max(1, Math.floor((available.length - 1) / 3));
  const count = Math.min(MAX_HOST_CORES, available.length - 1 - dataCount);
  const hosts = available.slice(0, count).join();
  const data = available.slice(count, count + dataCount).join();
  const load = `${available.at(-1)}`;
  const description = `servers on cores ${hosts}; PostgreSQL and Redis on ${data}; load on ${load}`;
  return { hosts, data, load, count, description };
}

/**
 * Assigns the cores of this machine, and moves this process to those of the load.
 * @throws Error without /proc, which CPU times are read from
 */
export function assignMachineCores(): Cores {
  if (process.platform !== 'linux')
    throw new Error('CPU times are read from /proc: run this on Linux, or in a virtual machine or container');
  const cores = assignCores(allowedCores());
  if (setAffinity(cores.load, ['-a'])) return cores;
  const description = 'no process is pinned to a core, since taskset is missing';
  return { hosts: undefined, data: undefined, load: undefined, count: cores.count, description };
}

/** Runs the work so that the processes and threads that it starts are on these cores. */
export async function withAffinity<T>(
  cores: string | undefined,
  own: Cores,
  work: () => Promise<T>,
): Promise<T> {
  setAffinity(cores);
  try {
    return await work();
  } finally {
    setAffinity(own.load);
  }
}

/** Moves the main thread, whose cores the processes and threads that it starts inherit. @returns false when it cannot */
function setAffinity(cores: string | undefined, options: readonly string[] = []): boolean {
  if (cores === undefined) return true;
  return spawnSync('taskset', [...options, '-c', '-p', cores, `${process.pid}`]).status === 0;
}

function allowedCores(): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

export const processor = () => `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`;

/** Returns the lines that head a report: the machine, the versions, the cores, and the seeded data. */
export function describeMachine(postgres: string, cores?: Cores): string {
  const pinning = cores?.description ?? 'no process is pinned to a core';
  const rows = Object.entries(SEED_COUNTS).map(([name, rows]) => `${rows.toLocaleString('en-US')} ${name}`);
  return `${processor()}; Node ${process.versions.node}, PostgreSQL ${postgres}; ${pinning}\n${rows.join(', ')}`;
}
