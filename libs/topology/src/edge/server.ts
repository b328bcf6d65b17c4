import type { ModuleManifest } from '@tearline/seam';
import { block } from './block.js';
import type { NginxOptions } from './nginx-options.js';
import { decodedRegexOf } from './path-pattern.js';
import { refusals } from './refusals.js';

const MEBIBYTE = 1_048_576;

export function server({
  listen,
  manifests,
  bodyLimit = MEBIBYTE,
  readTimeout = 12,
  serverLines = [],
}: NginxOptions): string[] {
  return block(
    'server',
    `listen ${listen} backlog=4096;`,
    serverLines,
    'server_tokens off;',
    'keepalive_requests 10000;',
    'reset_timedout_connection on;',
    'client_header_timeout 30s;',
    'client_body_timeout 30s;',
    'client_header_buffer_size 2k;',
    // As much as a host takes, so that a host says what is too large.
    'large_client_header_buffers 4 16k;',
    `client_max_body_size ${bodyLimit};`,
    'client_body_buffer_size 64k;',
    '',
    forwarding(readTimeout),
    '',
    'location / { proxy_pass http://$edge_host; }',
    manifests.map((manifest) => largeBodies(manifest, bodyLimit)).flat(),
    'location = /metrics { return 404; }',
    refusals(),
  );
}

/**
 * Where a module takes more than all others. Elsewhere nginx must refuse by itself: a host that hangs up on a body it will
 * not read looks dead from here.
 */
function largeBodies({ routes, bodyLimit = 0 }: ModuleManifest, usual: number): string[] {
  if (bodyLimit <= usual) return [];
  return routes.map(
    (route) =>
      `location ~ "${decodedRegexOf(route)}" { client_max_body_size ${bodyLimit}; proxy_pass http://$edge_host; }`,
  );
}

function forwarding(readTimeout: number): string[] {
  return [
    'proxy_http_version 1.1;',
    'proxy_set_header Connection "";',
    'proxy_set_header Host $edge_authority;',
    'proxy_set_header X-Request-Id $edge_request_id;',
    '# Nobody stands before this nginx, so what a client says of its address is not passed on.',
    'proxy_set_header X-Forwarded-For $remote_addr;',
    'proxy_set_header X-Forwarded-Proto $scheme;',
    'proxy_set_header X-Forwarded-Host $edge_authority;',
    'proxy_set_header Forwarded "";',
    'proxy_connect_timeout 1s;',
    'proxy_send_timeout 10s;',
    `proxy_read_timeout ${readTimeout}s;`,
    'proxy_socket_keepalive on;',
    'proxy_buffer_size 16k;',
    'proxy_buffers 16 16k;',
    'proxy_max_temp_file_size 0;',
    '# To the next replica goes what was not sent yet, and what may be sent twice. Not a 503: it is what a host answers',
    "# whose peers are away, the next replica's would be the same, and both would be taken for dead.",
    'proxy_next_upstream error timeout;',
    'proxy_next_upstream_tries 5;',
    'proxy_next_upstream_timeout 5s;',
  ];
}
