/** What a host offers: the modules' HTTP routes, their contracts to other hosts, their background jobs. */
export const ROLES = ['http', 'rpc', 'jobs'] as const;
export type Role = (typeof ROLES)[number];

export const MOST_REPLICAS = 99;

/** One kind of process: which modules it runs, how many there are of it, what it is for. */
export interface TopologyHost {
  /** Lower case, digits and hyphens, e.g. `articles`. */
  readonly name: string;
  readonly modules: readonly string[];
  readonly replicas: number;
  readonly serve: readonly Role[];
}

/** Which modules share a process. For each role, every module is on exactly one host. */
export interface Topology {
  /** The file's name without its folder and ending. */
  readonly name: string;
  /** In the file's order. */
  readonly hosts: readonly TopologyHost[];
}

/** The host that serves a module in one of its roles. */
export function hostServing({ hosts }: Topology, module: string, role: Role): TopologyHost {
  const host = hosts.find(({ modules, serve }) => modules.includes(module) && serve.includes(role));
  if (!host) throw new Error(`no host serves '${role}' of module '${module}'`);
  return host;
}

/**
 * The host that answers what belongs to no module: the landing page, the API's description, health, and paths that
 * nobody knows. It is the one that serves most modules over HTTP, of several such the first.
 */
export function frontHost({ hosts }: Topology): TopologyHost {
  const [front] = hosts
    .filter(({ serve }) => serve.includes('http'))
    .toSorted((one, other) => other.modules.length - one.modules.length);
  if (!front) throw new Error('no host serves http');
  return front;
}
