import { release, totalmem, type } from 'node:os';
import { processor } from '../bench/machine.js';
import { cpuOfAll, cpuOfEach } from '../bench/processes.js';
import type { Options } from './options.js';
import type { Environment } from './results.js';
import { CONNECTIONS } from './site.js';

/** What is known of a run besides the machine and the options. */
type Known = Pick<Environment, 'minutes' | 'others' | 'queues' | 'postgres' | 'replicas'> & {
  readonly cores: { readonly description: string };
};

export function circumstancesOf(
  { quick, compose, mix, budget }: Options,
  { minutes, otherCores: others, queues, postgres, replicas, cores }: Known,
): Environment {
  return {
    startedAt: new Date().toISOString(),
    minutes,
    quick,
    containers: compose,
    processor: processor(),
    memoryMiB: totalmem() / 1_048_576,
    system: `${type()} ${release()}`,
    node: process.versions.node,
    postgres,
    queues,
    cores: cores.description,
    replicas,
    connections: CONNECTIONS,
    mix,
    otherCores: others,
    budget,
  };
}

/**
 * Cores that processes which are none of ours have in use, from now until it is asked.
 * @param besides what descends from none of our processes and is ours nevertheless
 */
export function watchOthers(besides: readonly number[]): () => number {
  const ours = [process.pid, ...besides];
  const spent = () => cpuOfAll() - cpuOfEach(ours).reduce((sum, each) => sum + each, 0);
  const [started, before] = [performance.now(), spent()];
  return () => Math.max(0, (spent() - before) / (performance.now() - started));
}
