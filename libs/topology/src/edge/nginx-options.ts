import type { ModuleManifest } from '@tearline/seam';
import type { Topology } from '../topology.js';

/** What nginx is to stand in front of, and how. */
export interface NginxOptions {
  topology: Topology;
  manifests: readonly ModuleManifest[];
  /** For each host that serves http, the HTTP addresses of its replicas, e.g. `{ app: ['127.0.0.1:4001'] }`. */
  addresses: Readonly<Record<string, readonly string[]>>;
  /** What to listen on, as nginx writes it: `3000`, `127.0.0.1:3000`, `[::]:80`. */
  listen: string;
  /** Bytes that a request's body may have, where no manifest asks for more; 1 MiB by default, as on the hosts. */
  bodyLimit?: number;
  /**
   * Seconds that a host may be silent; 12 by default. A little longer than the hosts' own deadline, so that a host that is
   * alive says itself that it was too slow.
   */
  readTimeout?: number;
  /** Worker processes; as many as there are cores by default. */
  workers?: number | 'auto';
  /** The user that the workers of a privileged nginx become; nginx's own default without it. */
  user?: string;
  /** A file for a JSON line on each request; by default there is none, since the hosts write one. */
  accessLog?: string;
  /** `server` or `include` lines to put into the `http` block and the server, e.g. for TLS. */
  serverLines?: readonly string[];
}
