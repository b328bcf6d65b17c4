import type { ModuleLimits, ModuleManifest } from '@tearline/seam';
import type { Topology } from '../topology.js';

/** The limits of the hosts behind nginx, from which its own follow. */
export interface EdgeLimits {
  /** The largest body in bytes, except on routes whose manifest allows more. */
  readonly bodyLimit: number;
  /** Milliseconds until a host answers with 504. */
  readonly requestTimeout: number;
  /** Milliseconds that requests have to finish when a process stops. */
  readonly shutdownTimeout: number;
  /** Requests that one address may have in flight. */
  readonly connectionsPerAddress: number;
  /** Networks of proxies in front of nginx, as `<address>/<bits>`. */
  readonly trustedProxies: readonly string[];
  /** Limits of modules that differ, by module. */
  readonly modules: Readonly<Record<string, ModuleLimits>>;
}

/** The limits of hosts whose settings are the defaults. */
export const defaultLimits: EdgeLimits = {
  bodyLimit: 1_048_576,
  requestTimeout: 10_000,
  shutdownTimeout: 10_000,
  connectionsPerAddress: 1_000,
  trustedProxies: [],
  modules: {},
};

export interface NginxOptions {
  topology: Topology;
  manifests: readonly ModuleManifest[];
  /** For each host that serves http, the HTTP addresses of its replicas, e.g. `{ app: ['127.0.0.1:4001'] }`. */
  addresses: Readonly<Record<string, readonly string[]>>;
  /** The argument of `listen`: `3000`, `127.0.0.1:3000`, `[::]:80`. */
  listen: string;
  limits?: EdgeLimits;
  /** Files that a process may open; the hard limit of where nginx runs. */
  openFiles: number;
  /** Processor cores. */
  cores: number;
  /** Worker processes; by default one for each core, and more where the limit on open files is low. */
  workers?: number | undefined;
  /** Whether the kernel spreads connections over the workers (Linux); elsewhere the workers compete for them. */
  reusePort?: boolean;
  /** The user of the workers when nginx starts as root; nginx's default without it. */
  user?: string;
  /** A file for a JSON line on each request; none by default, because the hosts log requests. */
  accessLog?: string;
  /** Additional lines of the `server` block, e.g. for TLS. */
  serverLines?: readonly string[];
}
