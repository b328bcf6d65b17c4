import { routingTable } from '../routing-table.js';
import { frontHost } from '../topology.js';
import { block } from './block.js';
import { type Capacity, capacityOf } from './capacity.js';
import { clientAddress } from './client-address.js';
import { errorPageMaps } from './error-pages.js';
import { defaultLimits, type NginxOptions } from './nginx-options.js';
import { nginxString } from './nginx-string.js';
import { rawPathRegex } from './path-regex.js';
import { server } from './server.js';
import { stickiness } from './stickiness.js';
import { upstreams } from './upstreams.js';

const ACCESS_LOG_FIELDS = [
  '"time":"$time_iso8601"',
  '"requestId":"$edge_request_id"',
  '"method":"$request_method"',
  '"path":"$edge_path"',
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
  const { topology, limits = defaultLimits, user } = options;
  const capacity = edgeCapacity(options);
  const lines = [
    `# Generated from the topology '${topology.name}' and the modules' manifests; do not edit.`,
    ...(user ? [`user ${nginxString(user)};`] : []),
    `worker_processes ${capacity.workers};`,
    `worker_rlimit_nofile ${capacity.openFiles};`,
    `worker_shutdown_timeout ${Math.ceil(limits.shutdownTimeout / 1_000) + 5}s;`,
    'pcre_jit on;',
    'daemon off;',
    'pid nginx.pid;',
    'error_log stderr error;',
    ...block(
      'events',
      `worker_connections ${capacity.connections};`,
      // A worker that is almost full leaves new connections to the others.
      options.reusePort ? [] : 'accept_mutex on;',
    ),
    ...block(
      'http',
      ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path tmp/${kind};`),
      accessLog(options),
      '',
      clientAddress(limits.trustedProxies),
      'limit_conn_zone $edge_network zone=addresses:10m;',
      'limit_conn_zone $server_port zone=streams:32k;',
      '',
      requestVariables(),
      errorPageMaps(),
      routes(options),
      '',
      stickiness(options.topology),
      upstreams(options),
      '',
      server(options, limits, capacity),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** Returns how many connections an nginx with these options can hold. */
export function edgeCapacity({
  topology,
  limits = defaultLimits,
  workers,
  ...options
}: Pick<NginxOptions, 'topology' | 'limits' | 'workers' | 'cores' | 'openFiles'>): Capacity {
  const streams = topology.hosts
    .filter(({ serve }) => serve.includes('http'))
    .flatMap(({ modules, replicas }) =>
      modules.map((module) => replicas * (limits.modules[module]?.streams?.max ?? 0)),
    )
    .reduce((sum, each) => sum + each, 0);
  return capacityOf({ ...options, streams, workers });
}

function accessLog({ accessLog: file }: NginxOptions): string[] {
  if (file === undefined) return ['access_log off;'];
  return [
    '# Without a query or parameters in the path, which may contain secrets.',
    ...block(
      'map $uri $edge_path',
      'default $uri;',
      String.raw`"~^(?<edge_plain_path>(?:(?!%(?:25)*(?:3[fFbB]|26))[^?;&])*)" $edge_plain_path;`,
    ),
    `log_format edge escape=json '{${ACCESS_LOG_FIELDS.join(',')}}';`,
    `access_log ${nginxString(file)} edge;`,
  ];
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
