import type { TopologyHost } from '../topology.js';
import { block } from './block.js';
import type { NginxOptions } from './nginx-options.js';
import { HASH_KEYS } from './stickiness.js';

/** Returns one upstream for each host that serves http, with the host's name. */
export function upstreams({ topology, addresses }: NginxOptions): string[] {
  const hosts = topology.hosts.filter(({ serve }) => serve.includes('http'));
  return hosts.flatMap((host) => {
    const replicas = addresses[host.name] ?? [];
    if (replicas.length === 0)
      throw new Error(`addresses: host '${host.name}' serves http, but has no address`);
    return block(
      `upstream ${host.name}`,
      `zone ${host.name} 64k;`,
      balanced(host, replicas),
      'keepalive 64;',
      // nginx closes idle connections first: a stopping host waits for that, so no request meets a closed connection.
      'keepalive_timeout 3s;',
    );
  });
}

function balanced({ balance }: TopologyHost, replicas: readonly string[]): string[] {
  if (balance !== 'least_conn')
    return [
      // A replica more takes its share from all others, and the clients of one less are divided among them.
      `hash ${HASH_KEYS[balance]} consistent;`,
      // nginx has no backups with `hash`. It ejects a replica after three failures, so that one request that breaks a connection
      // to each replica ejects none, and for a second only, since requests fail while all are ejected.
      ...replicas.map((address) => `server ${address} max_fails=3 fail_timeout=1s;`),
    ];
  return [
    'least_conn;',
    // A replica that breaks a connection gets no requests for two seconds; then one request tries it.
    ...replicas.map((address) => `server ${address} max_fails=1 fail_timeout=2s;`),
    // When all replicas are ejected, each is tried as a backup: one may have restarted while another was stopping.
    ...(replicas.length > 1 ? replicas.map((address) => `server ${address} backup max_fails=0;`) : []),
  ];
}
