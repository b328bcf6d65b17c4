import { routingTable } from '../routing-table.js';
import { frontHost } from '../topology.js';
import { block } from './block.js';
import { errorPageMaps } from './error-pages.js';
import type { NginxOptions } from './nginx-options.js';
import { rawPathRegex } from './path-regex.js';
import { server } from './server.js';

const ACCESS_LOG_FIELDS = [
  '"time":"$time_iso8601"',
  '"requestId":"$edge_request_id"',
  '"method":"$request_method"',
  // Without the query, which may contain secrets.
  '"path":"$uri"',
  '"host":"$edge_host"',
  '"status":$status',
  '"seconds":$request_time',
  '"bytes":$body_bytes_sent',
  '"tried":"$upstream_addr"',
  '"answered":"$upstream_status"',
  '"address":"$remote_addr"',
];

/**
 * Returns the configuration of an nginx in front of a topology's hosts: nginx 1.22 or newer, started in the foreground as
 * `nginx -p <folder> -c <this file>`, with or without privileges. It writes only into the folder, which needs a folder
 * `tmp`.
 *
 * Paths go unchanged to the hosts of the modules that have the routes; all other paths, such as the landing page, the
 * API documentation and `/health/…`, go to the front host. `/metrics` is not public: scrape the hosts.
 * @throws Error when a host that serves http has no address, or the modules' routes conflict
 */
export function nginxConfig(options: NginxOptions): string {
  const { topology, workers = 'auto', user } = options;
  const lines = [
    `# Generated from the topology '${topology.name}' and the modules' manifests; do not edit.`,
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
      accessLog(options),
      '',
      requestVariables(),
      errorPageMaps(),
      routes(options),
      '',
      upstreams(options),
      '',
      server(options),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function accessLog({ accessLog: file }: NginxOptions): string[] {
  if (file === undefined) return ['access_log off;'];
  return [`log_format edge escape=json '{${ACCESS_LOG_FIELDS.join(',')}}';`, `access_log ${file} edge;`];
}

/** `$edge_request_id` is the client's request id where it is valid; `$edge_authority` replaces a missing `Host`. */
function requestVariables(): string[] {
  return [
    ...block(
      'map $http_x_request_id $edge_request_id',
      'default $request_id;',
      '"~^[A-Za-z0-9._-]{1,64}$" $http_x_request_id;',
    ),
    ...block('map $http_host $edge_authority', 'default $http_host;', '"" $server_addr:$server_port;'),
  ];
}

/** `$edge_host` is the upstream of a path. */
function routes({ topology, manifests }: NginxOptions): string[] {
  return [
    '# By the path as the client sent it, not as nginx decodes and normalizes it: the hosts receive the same bytes.',
    ...block(
      'map $request_uri $edge_host',
      `default ${frontHost(topology).name};`,
      routingTable(topology, manifests).map(
        ({ pattern, module, host }) => `"~${rawPathRegex(pattern)}" ${host}; # ${pattern} (${module})`,
      ),
    ),
  ];
}

/** One upstream for each host that serves http, with the host's name. */
function upstreams({ topology, addresses }: NginxOptions): string[] {
  const hosts = topology.hosts.filter(({ serve }) => serve.includes('http'));
  return hosts.flatMap(({ name }) => {
    const replicas = addresses[name] ?? [];
    if (replicas.length === 0) throw new Error(`addresses: host '${name}' serves http, but has no address`);
    return block(
      `upstream ${name}`,
      `zone ${name} 64k;`,
      'least_conn;',
      // A replica that breaks a connection gets no requests for two seconds; then one request tries it.
      replicas.map((address) => `server ${address} max_fails=1 fail_timeout=2s;`),
      // When all replicas are ejected, each is tried as a backup: one may have restarted while another was stopping.
      replicas.length > 1 ? replicas.map((address) => `server ${address} backup max_fails=0;`) : [],
      'keepalive 64;',
      // nginx closes idle connections first: a stopping host waits for that, so no request meets a closed connection.
      'keepalive_timeout 3s;',
    );
  });
}
