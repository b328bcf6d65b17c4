import { didYouMean } from './did-you-mean.js';
import { MOST_REPLICAS, type Topology } from './topology.js';
import { TopologyError } from './topology-error.js';

/**
 * The same topology with other numbers of replicas.
 * @param changes `<host>=<number>`, e.g. `articles=2`
 * @throws TopologyError with one line for each change that makes no sense
 */
export function withReplicas(topology: Topology, changes: readonly string[]): Topology {
  const replicas = new Map<string, number>();
  const problems = changes.flatMap((change) => {
    const [, name, count] = /^([^=]+)=([1-9]\d?)$/.exec(change) ?? [];
    if (name === undefined)
      return [`replicas: '${change}' must be <host>=<number from 1 to ${MOST_REPLICAS}>, e.g. articles=2`];
    replicas.set(name, Number(count));
    return topology.hosts.some((host) => host.name === name) ? [] : [strangerIn(topology, name, count!)];
  });
  if (problems.length > 0) throw new TopologyError(problems);
  return {
    ...topology,
    hosts: topology.hosts.map((host) => ({ ...host, replicas: replicas.get(host.name) ?? host.replicas })),
  };
}

function strangerIn({ name, hosts }: Topology, host: string, count: string): string {
  const home = hosts.find(({ modules }) => modules.includes(host));
  const advice = home
    ? `; module '${host}' is on host '${home.name}', so say ${home.name}=${count}`
    : didYouMean(
        host,
        hosts.map(({ name: known }) => known),
      );
  return `replicas: topology '${name}' has no host '${host}'${advice}`;
}
