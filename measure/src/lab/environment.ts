import { release, totalmem, type } from 'node:os';
import { processor } from '../kit/machine.js';
import { cpuOf, machineCpu } from '../kit/process-usage.js';
import type { Options } from './options.js';
import type { Environment } from './results.js';
import { CONNECTIONS_PER_MODULE } from './stack.js';

type Measured = Pick<Environment, 'minutes' | 'otherCores' | 'queues' | 'postgres' | 'replicas' | 'cores'>;

export function describeEnvironment(options: Options, measured: Measured): Environment {
  const { quick, compose, mix, budget } = options;
  return {
    startedAt: new Date(Date.now() - measured.minutes * 60_000).toISOString(),
    quick,
    containers: compose,
    processor: processor(),
    memoryMiB: totalmem() / 1_048_576,
    system: `${type()} ${release()}`,
    node: process.versions.node,
    connections: CONNECTIONS_PER_MODULE,
    mix,
    budget,
    ...measured,
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
