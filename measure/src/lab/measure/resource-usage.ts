import { cpuOfEach, memoryOfTree } from '../../kit/process-usage.js';
import type { Place, Placed } from './subject.js';

export const KINDS = ['hosts', 'nginx', 'postgres', 'redis'] as const;
export type Kind = (typeof KINDS)[number];

/** Something of each kind of process. */
export type ByKind = Readonly<Record<Kind, number>>;

export const sumOf = (each: ByKind) => KINDS.reduce((sum, kind) => sum + each[kind], 0);

/** What both reads of a counter differ by, divided. */
export const difference = (before: ByKind, after: ByKind, parts: number): ByKind =>
  byKind((kind) => (after[kind] - before[kind]) / parts);

const byKind = (of: (kind: Kind) => number): ByKind =>
  Object.fromEntries(KINDS.map((kind) => [kind, of(kind)])) as Record<Kind, number>;

const pidsOf = ({ postgres, redis }: Place, { running }: Placed): Record<Kind, readonly number[]> => ({
  hosts: running.hosts.map(({ pid }) => pid),
  nginx: [running.nginx],
  postgres,
  redis,
});

/** Milliseconds of CPU that the processes have used since each was started. */
export function cpuByKind(site: Place, deployment: Placed): ByKind {
  const pids = pidsOf(site, deployment);
  const all = KINDS.flatMap((kind) => pids[kind].map((pid) => ({ kind, pid })));
  const used = cpuOfEach(all.map(({ pid }) => pid));
  return byKind((kind) => all.reduce((sum, one, index) => sum + (one.kind === kind ? used[index]! : 0), 0));
}

/** MiB that the processes have in use. */
export function memoryByKind(site: Place, deployment: Placed): ByKind {
  const pids = pidsOf(site, deployment);
  return byKind((kind) => pids[kind].reduce((sum, pid) => sum + memoryOfTree(pid), 0));
}
