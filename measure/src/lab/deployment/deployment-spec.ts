import type { Topology } from '@tearline/topology';

/** Everything that a deployment is made of, in a form that can be sent to another process. */
export interface DeploymentSpec {
  readonly topology: Topology;
  /** By module its database URL, and the queues' one. */
  readonly urls: Readonly<Record<string, string>>;
  readonly jwks: string;
  readonly signingKey: string;
  /** In PostgreSQL without it. */
  readonly redisUrl: string | undefined;
  /** Connections to the database for each module of a process. */
  readonly connections: number;
  readonly mediaDir: string;
  /** Settings of the hosts besides. */
  readonly env: Readonly<Record<string, string>>;
  /** The cores of hosts and nginx, as taskset takes them; everywhere without it. */
  readonly cores: string | undefined;
  readonly nginxWorkers: number;
  /** Whether calls between hosts go through proxies that delay and count them. */
  readonly isProxied: boolean;
  /** A file for what the processes print. */
  readonly log: string;
}

/** A process of a host as it runs now. */
export interface HostProcess {
  /** The host and the process's number, e.g. `articles.1`. */
  readonly name: string;
  readonly host: string;
  readonly modules: readonly string[];
  readonly url: string;
  readonly pid: number;
}

/** A deployment as it runs now. */
export interface Running {
  /** nginx's. */
  readonly url: string;
  readonly nginx: number;
  readonly hosts: readonly HostProcess[];
}
