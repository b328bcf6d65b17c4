import type { Topology } from '@tearline/topology';
import { assertSameResponses } from '../kit/assert-same-response.js';
import { endpoints } from '../kit/endpoints.js';
import type { Samples } from '../kit/samples.js';

/** A process of a host. */
export interface HostProcess {
  /** The host and the number of the process, e.g. `articles.1`. */
  readonly name: string;
  readonly host: string;
  readonly modules: readonly string[];
  readonly url: string;
  readonly pid: number;
}

/** The processes of a deployment at one moment. */
export interface Running {
  /** The URL of nginx. */
  readonly url: string;
  readonly nginx: number;
  readonly hosts: readonly HostProcess[];
}

/** A deployed topology under measurement, in processes or in containers. */
export interface Target {
  /** The name in the results: the topology's, or {@link REPEATED}. */
  readonly name: string;
  readonly topology: Topology;
  /** Processes that all others of PostgreSQL and Redis descend from. */
  readonly postgres: readonly number[];
  readonly redis: readonly number[];
  readonly running: Running;
  /** Updates `running` after supervision has replaced a process, where it is not always up to date. */
  refresh?(): Promise<void>;
}

/** The name under which the first topology is measured a second time. */
export const REPEATED = 'the first again';

/** Returns the topologies with their names, and the first one once more. */
export const withRepetition = (topologies: readonly Topology[]): (readonly [string, Topology])[] => [
  ...topologies.map((topology) => [topology.name, topology] as const),
  [REPEATED, topologies[0]!],
];

/** @throws Error when a read is answered differently */
export async function assertSameAnswers(one: Target, other: Target, samples: Samples): Promise<void> {
  for (const endpoint of endpoints) {
    const reads = endpoint.requests(samples).filter(({ method }) => method === 'GET');
    if (reads.length > 0)
      await assertSameResponses(endpoint, reads.slice(0, 3), one.running.url, other.running.url);
  }
}
