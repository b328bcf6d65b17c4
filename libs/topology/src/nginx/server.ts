import type { ModuleLimits, ModuleManifest } from '@tearline/seam';
import { block } from './block.js';
import type { Capacity } from './capacity.js';
import type { EdgeLimits, NginxOptions } from './nginx-options.js';
import { nginxString } from './nginx-string.js';
import { decodedPathRegex } from './path-regex.js';
import { errorPages } from './error-pages.js';
import { routeCookie } from './stickiness.js';

/** A host reports its own timeouts: nginx waits this much longer. */
const MORE_SECONDS = 2;
/** Streams send a heartbeat every 5 seconds. */
const STREAM_TIMEOUT_SECONDS = 30;

export function server(
  { topology, listen, manifests, reusePort = false, serverLines = [] }: NginxOptions,
  limits: EdgeLimits,
  capacity: Capacity,
): string[] {
  return block(
    'server',
    `listen ${nginxString(listen)} backlog=4096${reusePort ? ' reuseport' : ''};`,
    serverLines,
    'server_tokens off;',
    'keepalive_requests 10000;',
    'reset_timedout_connection on;',
    // Of the whole head. nginx cannot count a connection by address before its head is complete.
    'client_header_timeout 10s;',
    'client_body_timeout 15s;',
    'send_timeout 30s;',
    'client_header_buffer_size 2k;',
    // The hosts' own limit, so that a host reports headers that are too large.
    'large_client_header_buffers 4 16k;',
    `client_max_body_size ${limits.bodyLimit};`,
    'client_body_buffer_size 64k;',
    limitConnections('addresses', limits.connectionsPerAddress),
    'limit_conn_status 429;',
    'limit_conn_log_level info;',
    '',
    forwarding(secondsFor(limits.requestTimeout)),
    routeCookie(topology),
    '',
    'location / { proxy_pass http://$edge_host; }',
    manifests.flatMap((manifest) => [
      ...ownLimits(manifest, limits),
      ...streams(limits.modules[manifest.name], limits, capacity),
    ]),
    'location = /metrics { return 404; }',
    errorPages(),
  );
}

/** nginx accepts no larger limit. */
const MAX_CONNECTIONS = 65_535;

const limitConnections = (zone: string, connections: number) =>
  `limit_conn ${zone} ${Math.min(connections, MAX_CONNECTIONS)};`;

const secondsFor = (milliseconds: number) => Math.ceil(milliseconds / 1_000) + MORE_SECONDS;

/**
 * Returns the locations of a module that accepts larger bodies or takes longer. nginx enforces the limit everywhere, because a
 * host that closes the connection on a body looks down from here.
 */
function ownLimits({ name, routes, bodyLimit = 0 }: ModuleManifest, limits: EdgeLimits): string[] {
  const timeout = limits.modules[name]?.timeout ?? 0;
  const lines = [
    ...(bodyLimit > limits.bodyLimit ? [`client_max_body_size ${bodyLimit};`] : []),
    ...(timeout > limits.requestTimeout ? [`proxy_read_timeout ${secondsFor(timeout)}s;`] : []),
  ];
  if (lines.length === 0) return [];
  return routes.map(
    (route) =>
      `location ~ "${decodedPathRegex(route)}" { ${[...lines, 'proxy_pass http://$edge_host;'].join(' ')} }`,
  );
}

/** Returns the locations of responses without an end, which leave connections for requests. */
function streams(of: ModuleLimits | undefined, limits: EdgeLimits, capacity: Capacity): string[] {
  return (of?.streams?.routes ?? []).flatMap((route) =>
    block(
      `location ~ "${decodedPathRegex(route)}"`,
      limitConnections('addresses', limits.connectionsPerAddress),
      limitConnections('streams', capacity.streams),
      'limit_conn_status 503;',
      `proxy_read_timeout ${STREAM_TIMEOUT_SECONDS}s;`,
      // Streams are not buffered; only the head of the response has to fit.
      'proxy_buffer_size 8k;',
      'proxy_pass http://$edge_host;',
    ),
  );
}

function forwarding(readTimeout: number): string[] {
  return [
    'proxy_http_version 1.1;',
    'proxy_set_header Connection "";',
    'proxy_set_header Host $edge_authority;',
    'proxy_set_header X-Request-Id $edge_request_id;',
    '# The hosts trust this nginx alone, so it replaces what others forward.',
    'proxy_set_header X-Forwarded-For $remote_addr;',
    'proxy_set_header X-Forwarded-Proto $edge_scheme;',
    'proxy_set_header X-Forwarded-Host $edge_authority;',
    'proxy_set_header Forwarded "";',
    'proxy_connect_timeout 1s;',
    'proxy_send_timeout 10s;',
    `proxy_read_timeout ${readTimeout}s;`,
    'proxy_socket_keepalive on;',
    'proxy_buffer_size 16k;',
    'proxy_buffers 16 16k;',
    'proxy_max_temp_file_size 0;',
    '# The next replica gets requests that were not sent yet, and idempotent ones. Not after a 503: a host answers it when',
    '# another host is down; the next replica would answer the same, and both would be ejected.',
    'proxy_next_upstream error timeout;',
    'proxy_next_upstream_tries 5;',
    'proxy_next_upstream_timeout 5s;',
  ];
}
