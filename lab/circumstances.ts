import { release, totalmem, type } from 'node:os';
import { processor } from '../bench/machine.js';
import { cpuOfAll, cpuOfEach } from '../bench/processes.js';
import type { Options } from './options.js';
import type { Prepared } from './prepare.js';
import type { Circumstances } from './results.js';
import { CONNECTIONS } from './site.js';

export function circumstancesOf(
  { quick, mix, budget }: Options,
  { cores, replicas, hasRedis, ground }: Prepared,
  { minutes, others }: { minutes: number; others: number },
): Circumstances {
  return {
    at: new Date().toISOString(),
    minutes,
    quick,
    processor: processor(),
    memoryMiB: totalmem() / 1_048_576,
    system: `${type()} ${release()}`,
    node: process.versions.node,
    postgres: ground.postgres,
    queues: hasRedis ? 'Redis' : 'PostgreSQL',
    cores: cores.description,
    replicas,
    connections: CONNECTIONS,
    mix,
    others,
    budget,
  };
}

/** Cores that processes which are none of ours have in use, from now until it is asked. */
export function watchOthers({ subjects }: Prepared): () => number {
  // PostgreSQL descends from somebody else: it outlives whoever started it, to stop in order.
  const ours = [process.pid, ...subjects.map(({ site }) => site.postgres)];
  const spent = () => cpuOfAll() - cpuOfEach(ours).reduce((sum, each) => sum + each, 0);
  const [started, before] = [performance.now(), spent()];
  return () => Math.max(0, (spent() - before) / (performance.now() - started));
}
