import { frontHost } from '../topology.js';
import { block } from './block.js';
import type { NginxOptions } from './nginx-options.js';
import { regexOf } from './path-pattern.js';
import { routingTable } from './routing-table.js';

/** `$edge_request_id`: the caller's request id where it is sane, in the hosts' sense, else a new one. */
export function requestIds(): string[] {
  return block(
    'map $http_x_request_id $edge_request_id',
    'default $request_id;',
    '"~^[A-Za-z0-9._-]{1,64}$" $http_x_request_id;',
  );
}

/** `$edge_authority`: what the client calls this server; HTTP/1.0 does not oblige it to, but a host expects it. */
export function authority(): string[] {
  return block('map $http_host $edge_authority', 'default $http_host;', '"" $server_addr:$server_port;');
}

/** `$edge_host`: the upstream that a path goes to. */
export function routes({ topology, manifests }: NginxOptions): string[] {
  return [
    '# By the path as it was sent: nginx decodes and tidies a copy of its own, and the hosts must judge for themselves.',
    ...block(
      'map $request_uri $edge_host',
      `default ${frontHost(topology).name};`,
      routingTable(topology, manifests).map(
        ({ pattern, module, host }) => `"~${regexOf(pattern)}" ${host}; # ${pattern} (${module})`,
      ),
    ),
  ];
}
