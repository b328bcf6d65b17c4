/** What a host serves of its modules: their HTTP routes, their contracts for other hosts, their background jobs. */
export const ROLES = ['http', 'rpc', 'jobs'] as const;
export type Role = (typeof ROLES)[number];

export const MAX_REPLICAS = 99;

/**
 * How nginx chooses the replica of a request: the one with the fewest requests, or the same one for all requests from one
 * address, or of one browser.
 */
export const BALANCES = ['least_conn', 'ip_hash', 'cookie'] as const;
export type Balance = (typeof BALANCES)[number];
export const DEFAULT_BALANCE: Balance = 'least_conn';

/** What a host's process is, where it is not Node.js with Nest: Python with FastAPI, for a module that is written in it too. */
export const RUNTIMES = ['fastapi'] as const;
export type Runtime = (typeof RUNTIMES)[number];

/** One kind of process. */
export interface TopologyHost {
  /** Lower case, digits and hyphens, e.g. `articles`. */
  readonly name: string;
  readonly modules: readonly string[];
  readonly replicas: number;
  readonly serve: readonly Role[];
  readonly balance: Balance;
  /** Nest without it. */
  readonly runtime?: Runtime | undefined;
}

/** The placement of the modules on hosts. For each role, every module is on exactly one host. */
export interface Topology {
  /** The name of its file without folder and extension. */
  readonly name: string;
  /** In the file's order. */
  readonly hosts: readonly TopologyHost[];
}

/** Returns the host that serves a module in a role. */
export function hostServing({ hosts }: Topology, module: string, role: Role): TopologyHost {
  const host = hosts.find(({ modules, serve }) => modules.includes(module) && serve.includes(role));
  if (!host) throw new Error(`no host serves '${role}' of module '${module}'`);
  return host;
}

/**
 * Returns the host for all paths outside the modules' routes: the landing page, the API documentation, health, and unknown
 * paths. It is the first of the hosts in Nest that serve the most modules over HTTP.
 */
export function frontHost({ hosts }: Topology): TopologyHost {
  const [front] = hosts
    .filter(({ serve, runtime }) => serve.includes('http') && runtime === undefined)
    .toSorted((one, other) => other.modules.length - one.modules.length);
  if (!front) throw new Error('no host serves http');
  return front;
}

/** One or more issues of a topology, a line each: where it is, what is wrong, and how to fix it. */
export class TopologyError extends Error {
  override readonly name = 'TopologyError';

  constructor(readonly issues: readonly string[]) {
    super(issues.join('\n'));
    // The cause is in the topology, not in the code.
    this.stack = `${this.name}: ${this.message}`;
  }
}
