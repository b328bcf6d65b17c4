import { parseArgs } from 'node:util';
import { number, whole } from '../options.js';

/** What a run measures, and for how long. */
export interface ReplicaOptions {
  /** The most there are; all fewer are measured as well. */
  readonly replicas: number;
  /** Seconds of one round. */
  readonly seconds: number;
  readonly rounds: number;
  /** That load at once. */
  readonly connections: number;
}

const HELP = `npm run bench:replicas [-- <options>]

Starts a private PostgreSQL with replicas, seeds it, and starts the monolith once for each number of replicas. Prints
who serves the reads, and what a request costs where. Takes about three minutes.

  --replicas N       at most (2)
  --seconds N        of a round against one server (3)
  --rounds N         each server has its turn in each; the medians count (5)
  --connections N    that load it at once (16)
`;

/** @returns undefined when help was asked for, and given */
export function readReplicaOptions(args: string[]): ReplicaOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      replicas: { type: 'string' },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      connections: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return undefined;
  }
  return {
    replicas: whole('replicas', values.replicas) ?? 2,
    seconds: number('seconds', values.seconds, { least: 0.1, most: 600 }) ?? 3,
    rounds: whole('rounds', values.rounds) ?? 5,
    connections: whole('connections', values.connections) ?? 16,
  };
}
