import { release, totalmem, type } from 'node:os';
import { processor } from '../kit/machine.js';
import { cpuOf, machineCpu } from '../kit/process-usage.js';
import type { Options } from './options.js';
import { CONNECTIONS_PER_MODULE } from './host-settings.js';

/** What a run finds out about itself. */
export interface RunFacts {
  readonly minutes: number;
  /** Cores that other processes used meanwhile. */
  readonly otherCores: number;
  readonly queues: 'Redis' | 'PostgreSQL';
  /** Its version. */
  readonly postgres: string;
  /** Processes of each host. */
  readonly replicas: number;
  readonly cores: string;
}

/** The machine and the parameters of a run. */
export type Environment = ReturnType<typeof describeEnvironment>;

export function describeEnvironment({ quick, compose, mix, budget }: Options, facts: RunFacts) {
  return {
    ...facts,
    startedAt: new Date(Date.now() - facts.minutes * 60_000).toISOString(),
    quick,
    containers: compose,
    processor: processor(),
    memoryMiB: totalmem() / 1_048_576,
    system: `${type()} ${release()}`,
    node: process.versions.node,
    /** To the database, of each module of a process. */
    connections: CONNECTIONS_PER_MODULE,
    mix,
    budget,
  };
}

/**
 * Returns a function that returns the cores that other processes have used since.
 * @param pids processes of the run that do not descend from this one
 */
export function watchOtherProcesses(pids: readonly number[]): () => number {
  const used = () => machineCpu() - cpuOf(process.pid, ...pids);
  const [started, before] = [performance.now(), used()];
  return () => Math.max(0, (used() - before) / (performance.now() - started));
}
