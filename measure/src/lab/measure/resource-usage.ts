import { cpuOfEach, memoryOfTrees } from '../../kit/process-usage.js';
import { sum } from '../../kit/statistics.js';
import type { Target } from '../target.js';

export const KINDS = ['hosts', 'nginx', 'postgres', 'redis'] as const;
export type Kind = (typeof KINDS)[number];
export const KIND_NAMES: Readonly<Record<Kind, string>> = {
  hosts: 'hosts',
  nginx: 'nginx',
  postgres: 'PostgreSQL',
  redis: 'Redis',
};

/** A figure of each kind of process. */
export type ByKind = Readonly<Record<Kind, number>>;

export const sumOf = (each: ByKind) => sum(KINDS.map((kind) => each[kind]));

const byKind = (of: (kind: Kind) => number): ByKind =>
  Object.fromEntries(KINDS.map((kind) => [kind, of(kind)])) as Record<Kind, number>;

/** Returns the difference of two readings, divided by `parts`. */
export const difference = (before: ByKind, after: ByKind, parts: number): ByKind =>
  byKind((kind) => (after[kind] - before[kind]) / parts);

const pidsOf = ({ postgres, redis, running }: Target): Record<Kind, readonly number[]> => ({
  hosts: running.hosts.map(({ pid }) => pid),
  nginx: [running.nginx],
  postgres,
  redis,
});

/** Returns the CPU milliseconds that the processes have used since they started. */
export function cpuByKind(target: Target): ByKind {
  const pids = pidsOf(target);
  const used = cpuOfEach(KINDS.flatMap((kind) => pids[kind]));
  return byKind((kind) => sum(used.splice(0, pids[kind].length)));
}

/** Returns the MiB of the processes. */
export function memoryByKind(target: Target): ByKind {
  const pids = pidsOf(target);
  return byKind((kind) => memoryOfTrees(...pids[kind]));
}
