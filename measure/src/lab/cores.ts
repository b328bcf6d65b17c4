import { spawnSync } from 'node:child_process';
import { allowedCores } from '../kit/machine.js';

/** Who runs where, as taskset takes it; undefined where nothing can be kept apart. */
export interface Cores {
  /** The hosts of the topology that is measured, and nginx. */
  readonly hosts: string | undefined;
  /** PostgreSQL, Redis, and what carries the hosts' logs and delays their calls. */
  readonly data: string | undefined;
  /** The load. */
  readonly load: string | undefined;
  /** How many the hosts have. */
  readonly count: number;
  readonly description: string;
}

/** More than the load of one process could keep busy. */
const MOST_FOR_HOSTS = 4;

/**
 * Divides the cores there are. The load has one for itself as soon as there are three.
 * @param available in order
 */
export function assignCores(available: readonly number[]): Cores {
  if (available.length < 2) {
    const description = 'everything shares the one core there is';
    return { hosts: undefined, data: undefined, load: undefined, count: 1, description };
  }
  if (available.length === 2) {
    const [hosts, rest] = available.map(String) as [string, string];
    const description = `hosts and nginx on core ${hosts}; load, PostgreSQL and Redis on core ${rest}`;
    return { hosts, data: rest, load: rest, count: 1, description };
  }
  const forData = Math.max(1, Math.floor((available.length - 1) / 3));
  const count = Math.min(MOST_FOR_HOSTS, available.length - 1 - forData);
  const hosts = available.slice(0, count).join();
  const data = available.slice(count, count + forData).join();
  const load = `${available.at(-1)}`;
  const description = `hosts and nginx on cores ${hosts}; PostgreSQL and Redis on ${data}; load on ${load}`;
  return { hosts, data, load, count, description };
}

/** @throws Error where there is no /proc to read CPU times from */
export function coresHere(): Cores {
  if (process.platform !== 'linux')
    throw new Error(
      'The lab reads CPU times from /proc, so it needs Linux (a virtual machine or a container will do).',
    );
  const cores = assignCores(allowedCores());
  if (moveTo(cores.load)) return cores;
  const description = 'nothing is pinned to a core, since taskset is missing';
  return { hosts: undefined, data: undefined, load: undefined, count: cores.count, description };
}

/** What the work starts runs on these cores; this process goes back to its own. */
export async function withAffinity<T>(
  cores: string | undefined,
  own: Cores,
  work: () => Promise<T>,
): Promise<T> {
  moveTo(cores);
  try {
    return await work();
  } finally {
    moveTo(own.load);
  }
}

/** @returns false when it is not possible */
function moveTo(cores: string | undefined): boolean {
  if (cores === undefined) return true;
  return spawnSync('taskset', ['-a', '-c', '-p', cores, `${process.pid}`]).status === 0;
}
