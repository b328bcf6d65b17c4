import { block } from './block.js';

/**
 * Returns the directives of the `http` block that find a client's address and network. `$remote_addr` is the last address of
 * `X-Forwarded-For` that no trusted proxy has, as for the hosts; `$edge_scheme` is the scheme that the client used.
 */
export function clientAddress(networks: readonly string[]): string[] {
  return [
    ...(networks.length === 0
      ? ['# No proxy is in front of this nginx: forwarding headers of clients are not trusted.']
      : [
          ...networks.map((network) => `set_real_ip_from ${network};`),
          'real_ip_header X-Forwarded-For;',
          'real_ip_recursive on;',
        ]),
    ...block(
      'geo $realip_remote_addr $edge_is_proxy',
      'default 0;',
      networks.map((network) => `${network} 1;`),
    ),
    ...block(
      'map $edge_is_proxy$http_x_forwarded_proto $edge_scheme',
      'default $scheme;',
      '1http http;',
      '1https https;',
    ),
    '# An IPv6 client counts by its /64, as for the limits on logins.',
    ...block(
      'map $binary_remote_addr $edge_network',
      'default $binary_remote_addr;',
      String.raw`"~^(?<edge_ipv6_network>[\s\S]{8})[\s\S]{8}$" $edge_ipv6_network;`,
    ),
  ];
}
