import { block } from './block.js';
import type { NginxOptions } from './nginx-options.js';

/** A group of addresses for each host that serves http, under the host's name. */
export function upstreams({ topology, addresses }: NginxOptions): string[] {
  const hosts = topology.hosts.filter(({ serve }) => serve.includes('http'));
  return hosts.flatMap(({ name }) => {
    const replicas = addresses[name] ?? [];
    if (replicas.length === 0) throw new Error(`host '${name}' serves http, but has no address`);
    return block(
      `upstream ${name}`,
      `zone ${name} 64k;`,
      'least_conn;',
      // A replica that broke a connection is left alone for two seconds; then one request finds out how it is.
      replicas.map((address) => `server ${address} max_fails=1 fail_timeout=2s;`),
      // When all are left alone, each is tried after all: one may have come back, while another was just leaving.
      replicas.length > 1 ? replicas.map((address) => `server ${address} backup max_fails=0;`) : [],
      'keepalive 64;',
      // nginx hangs up first: a host that ends waits for that, so no request meets a connection that has just closed.
      'keepalive_timeout 3s;',
    );
  });
}
