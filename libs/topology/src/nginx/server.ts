import type { ModuleManifest } from '@tearline/seam';
import { block } from './block.js';
import type { NginxOptions } from './nginx-options.js';
import { decodedPathRegex } from './path-regex.js';
import { errorPages } from './error-pages.js';

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
    // The hosts' own limit, so that a host reports headers that are too large.
    'large_client_header_buffers 4 16k;',
    `client_max_body_size ${bodyLimit};`,
    'client_body_buffer_size 64k;',
    '',
    forwarding(readTimeout),
    '',
    'location / { proxy_pass http://$edge_host; }',
    manifests.flatMap((manifest) => largeBodies(manifest, bodyLimit)),
    'location = /metrics { return 404; }',
    errorPages(),
  );
}

/**
 * Returns the locations of a module that accepts larger bodies. nginx enforces the limit everywhere, because a host that closes the
 * connection on a body looks down from here.
 */
function largeBodies({ routes, bodyLimit = 0 }: ModuleManifest, defaultLimit: number): string[] {
  if (bodyLimit <= defaultLimit) return [];
  return routes.map(
    (route) =>
      `location ~ "${decodedPathRegex(route)}" { client_max_body_size ${bodyLimit}; proxy_pass http://$edge_host; }`,
  );
}

function forwarding(readTimeout: number): string[] {
  return [
    'proxy_http_version 1.1;',
    'proxy_set_header Connection "";',
    'proxy_set_header Host $edge_authority;',
    'proxy_set_header X-Request-Id $edge_request_id;',
    '# No proxy is in front of this nginx, so forwarding headers of clients are not trusted.',
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
    '# The next replica gets requests that were not sent yet, and idempotent ones. Not after a 503: a host answers it when',
    '# another host is down; the next replica would answer the same, and both would be ejected.',
    'proxy_next_upstream error timeout;',
    'proxy_next_upstream_tries 5;',
    'proxy_next_upstream_timeout 5s;',
  ];
}
