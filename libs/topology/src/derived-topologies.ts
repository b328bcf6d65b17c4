import { didYouMean } from './did-you-mean.js';
import { DEFAULT_BALANCE, MAX_REPLICAS, ROLES, type Topology, TopologyError } from './topology.js';

/**
 * Returns the topology with one module on a host of its own, and all others on the host `app`.
 * @param modules the names of all modules
 * @param module names its host, and with `-alone` the topology
 * @throws TopologyError when there is no such module
 */
export function alone(modules: readonly string[], module: string): Topology {
  if (!modules.includes(module))
    throw new TopologyError([`no module '${module}'${didYouMean(module, modules)}`]);
  const others = modules.filter((other) => other !== module);
  const same = { replicas: 1, serve: ROLES, balance: DEFAULT_BALANCE };
  return {
    name: `${module}-alone`,
    hosts: [
      { name: 'app', modules: others, ...same },
      { name: module, modules: [module], ...same },
    ],
  };
}

/**
 * Returns the topology with other numbers of replicas.
 * @param changes `<host>=<number>`, e.g. `articles=2`
 * @throws TopologyError with one line for each invalid change
 */
export function withReplicas(topology: Topology, changes: readonly string[]): Topology {
  const replicas = new Map<string, number>();
  const issues = changes.flatMap((change) => {
    const [, name, count] = /^([^=]+)=([1-9]\d?)$/.exec(change) ?? [];
    if (name === undefined)
      return [
        `replicas: expected <host>=<number from 1 to ${MAX_REPLICAS}>, e.g. articles=2, got '${change}'`,
      ];
    replicas.set(name, Number(count));
    return topology.hosts.some((host) => host.name === name) ? [] : [unknownHost(topology, name, count!)];
  });
  if (issues.length > 0) throw new TopologyError(issues);
  return {
    ...topology,
    hosts: topology.hosts.map((host) => ({ ...host, replicas: replicas.get(host.name) ?? host.replicas })),
  };
}

function unknownHost({ name, hosts }: Topology, host: string, count: string): string {
  const owner = hosts.find(({ modules }) => modules.includes(host));
  const names = hosts.map(({ name: known }) => known);
  const advice = owner
    ? `; module '${host}' is on host '${owner.name}': use ${owner.name}=${count}`
    : didYouMean(host, names);
  return `replicas: topology '${name}' has no host '${host}'${advice}`;
}
