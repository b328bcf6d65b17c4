import type { Balance, Topology } from '../topology.js';
import { block } from './block.js';

/** The cookie that chooses the replica of a browser. It proves nothing: a client may choose its own. */
const COOKIE = 'tearline_route';
const VALUE = '[0-9a-f]{32}';

/** What nginx hashes to choose a replica. */
export const HASH_KEYS: Readonly<Record<Exclude<Balance, 'least_conn'>, string>> = {
  // Without the proxies in front; of IPv6 a /64, as for limits. nginx's own ip_hash knows only a /24 of IPv4.
  ip_hash: '$edge_network',
  cookie: '$edge_route',
};

const byCookie = ({ hosts }: Topology) =>
  hosts
    .filter(({ serve, balance }) => serve.includes('http') && balance === 'cookie')
    .map(({ name }) => name);

/** Returns the directives of the `http` block for hosts that are balanced by cookie; none without such hosts. */
export function stickiness(topology: Topology): string[] {
  const hosts = byCookie(topology);
  if (hosts.length === 0) return [];
  return [
    '# A browser without the cookie goes to the replica of the one that the response sets.',
    ...block(`map $cookie_${COOKIE} $edge_route`, 'default $request_id;', `"~^${VALUE}$" $cookie_${COOKIE};`),
    '# No cookie in a response that caches share: all browsers would get the same one.',
    ...block(
      'map "$upstream_http_surrogate_key $upstream_http_cache_control" $edge_is_shared',
      'default 0;',
      String.raw`"~*(^\S|\b(public|s-maxage)\b)" 1;`,
    ),
    ...block(
      `map "$edge_host $edge_is_shared $cookie_${COOKIE}" $edge_new_route`,
      'default "";',
      `"~^(${hosts.join('|')}) 0 (?!${VALUE}$)" $request_id;`,
    ),
    ...block('map $edge_scheme $edge_route_attributes', 'default "";', 'https "; Secure";'),
    ...block(
      'map $edge_new_route $edge_route_cookie',
      `default "${COOKIE}=$edge_new_route; Path=/; HttpOnly; SameSite=Lax$edge_route_attributes";`,
      '"" "";',
    ),
    '',
  ];
}

/** Returns the directives of the `server` block that set the cookie. nginx sends no header without a value. */
export function routeCookie(topology: Topology): string[] {
  return byCookie(topology).length > 0 ? ['add_header Set-Cookie $edge_route_cookie always;'] : [];
}
