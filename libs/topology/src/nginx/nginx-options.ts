import type { ModuleManifest } from '@tearline/seam';
import type { Topology } from '../topology.js';

export interface NginxOptions {
  topology: Topology;
  manifests: readonly ModuleManifest[];
  /** For each host that serves http, the HTTP addresses of its replicas, e.g. `{ app: ['127.0.0.1:4001'] }`. */
  addresses: Readonly<Record<string, readonly string[]>>;
  /** The argument of `listen`: `3000`, `127.0.0.1:3000`, `[::]:80`. */
  listen: string;
  /** The largest body in bytes, except on routes whose manifest allows more; 1 MiB by default, as on the hosts. */
  bodyLimit?: number;
  /**
   * Seconds to wait for a response; 12 by default. Longer than the hosts' own deadline, so that a slow host reports the timeout
   * itself.
   */
  readTimeout?: number;
  /** Worker processes; one for each core by default. */
  workers?: number | 'auto';
  /** The user of the workers when nginx starts as root; nginx's default without it. */
  user?: string;
  /** A file for a JSON line on each request; none by default, because the hosts log requests. */
  accessLog?: string;
  /** Additional lines of the `server` block, e.g. for TLS. */
  serverLines?: readonly string[];
}
