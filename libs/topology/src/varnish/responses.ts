import { block } from '../nginx/block.js';

/** For the edge, not for clients. */
const INTERNAL = [
  'Edge-Id',
  'Edge-Since',
  'Edge-TTL',
  'xkey',
  'Surrogate-Key',
  'CDN-Cache-Control',
  'X-Varnish',
  'Via',
];

/** The messages are those of nginx and the hosts for the same errors. */
const ERRORS: Readonly<Record<number, string>> = {
  400: '{"errors":{"request":["is not valid HTTP"]}}',
  403: '{"errors":{"request":["forbidden"]}}',
  405: '{"errors":{"request":["method not allowed"]}}',
  503: '{"errors":{"server":["unavailable"]}}',
};

/** Returns what clients get to see. */
export function responses(): string[] {
  return [
    ...block(
      'sub vcl_deliver',
      block('if (req.http.Edge-Pass)', 'set resp.http.X-Cache = "PASS";'),
      block('elsif (obj.hits == 0)', 'set resp.http.X-Cache = "MISS";'),
      block('elsif (obj.ttl <= 0s)', 'set resp.http.X-Cache = "STALE";'),
      block('else', 'set resp.http.X-Cache = "HIT";'),
      block(
        'if (resp.http.Vary == "Edge-Stale")',
        'unset resp.http.Vary;',
        'set resp.http.X-Cache = "ERROR";',
      ),
      '# Gets 416.',
      block(
        'if (req.method == "GET" && resp.status == 200 && std.integer(regsub(req.http.Range, "^bytes=([0-9]+)-[0-9]*$", "\\1"), -1) >= std.integer(resp.http.Content-Length, 1000000000))',
        'set resp.http.Cache-Control = "no-store";',
      ),
      block('if (!resp.http.X-Request-Id)', 'set resp.http.X-Request-Id = req.http.X-Request-Id;'),
      INTERNAL.map((name) => `unset resp.http.${name};`),
      '# A browser that has written passes for a while, also when it no longer says who it is.',
      block(
        'if (req.method !~ "^(GET|HEAD|OPTIONS)$" && resp.status < 400)',
        'header.append(resp.http.Set-Cookie, "written=yes; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");',
      ),
      'return (deliver);',
    ),
    '',
    ...block(
      'sub vcl_synth',
      block(
        'if (resp.status == 503 && req.http.Edge-Lookup && !req.http.Edge-Stale)',
        '# The fetch was abandoned: perhaps there is a stored page.',
        'set req.http.Edge-Stale = "yes";',
        'return (restart);',
      ),
      block('if (req.http.Edge-Purged)', 'set resp.http.Purged = req.http.Edge-Purged;'),
      'set resp.http.X-Content-Type-Options = "nosniff";',
      'set resp.http.X-Request-Id = req.http.X-Request-Id;',
      'set resp.http.Cache-Control = "no-store";',
      'unset resp.http.X-Varnish;',
      Object.entries(ERRORS).map(
        ([status, body]) =>
          `if (resp.status == ${status}) { set resp.http.Content-Type = "application/json; charset=utf-8"; synthetic({"${body}"}); }`,
      ),
      'return (deliver);',
    ),
  ];
}
