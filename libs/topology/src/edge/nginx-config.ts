import { accessLog } from './access-log.js';
import { block } from './block.js';
import type { NginxOptions } from './nginx-options.js';
import { refusalMaps } from './refusals.js';
import { authority, requestIds, routes } from './request-maps.js';
import { server } from './server.js';
import { upstreams } from './upstreams.js';

/**
 * The configuration of an nginx that stands in front of a topology's hosts: nginx 1.22 or newer, started in the
 * foreground as `nginx -p <folder> -c <this file>`, with or without privileges. All it writes is in the folder, which
 * needs a folder `tmp`.
 *
 * Paths go to hosts by the modules' manifests, unchanged to the byte; every path that no module claims, the landing page,
 * the documentation and `/health/…` go to the front host. `/metrics` is not for the public: scrape the hosts.
 * @throws Error when a host that serves http has no address, or the modules' routes are in conflict
 */
export function nginxConfig(options: NginxOptions): string {
  const { topology, workers = 'auto', user, accessLog: log } = options;
  const lines = [
    `# Topology '${topology.name}'. Made from the modules' manifests: change those, not this.`,
    ...(user ? [`user ${user};`] : []),
    `worker_processes ${workers};`,
    'worker_rlimit_nofile 16384;',
    'worker_shutdown_timeout 15s;',
    'pcre_jit on;',
    'daemon off;',
    'pid nginx.pid;',
    'error_log stderr error;',
    ...block('events', 'worker_connections 4096;'),
    ...block(
      'http',
      ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path tmp/${kind};`),
      accessLog(log),
      '',
      requestIds(),
      authority(),
      refusalMaps(),
      routes(options),
      '',
      upstreams(options),
      '',
      server(options),
    ),
  ];
  return `${lines.join('\n')}\n`;
}
