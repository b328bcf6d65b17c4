import type { Topology } from '@tearline/topology';

/** The parameters of a deployment, serializable so that another process can run it. */
export interface DeploymentSpec {
  readonly topology: Topology;
  /** Processes that all others of PostgreSQL and Redis descend from. */
  readonly postgres: readonly number[];
  readonly redis: readonly number[];
  /** Database URLs by module, and that of the queues. */
  readonly urls: Readonly<Record<string, string>>;
  readonly jwks: string;
  readonly signingKey: string;
  /** The queues are in PostgreSQL without it. */
  readonly redisUrl: string | undefined;
  /** Connections to the database for each module of a process. */
  readonly connections: number;
  readonly mediaDir: string;
  /** Further settings of the hosts. */
  readonly env: Readonly<Record<string, string>>;
  /** The cores of hosts and nginx, as taskset takes them; any without it. */
  readonly cores: string | undefined;
  readonly nginxWorkers: number;
  /** Whether calls between hosts go through proxies that delay and count them. */
  readonly isProxied: boolean;
  /** A file for the output of the processes. */
  readonly log: string;
}
