import { block } from '../nginx/block.js';
import { findOvertaken } from './purges.js';

const MAX_RETRIES = 2;

/** Returns how pages are fetched, and which responses are stored. */
export function fetches(): string[] {
  return [
    ...block(
      'sub vcl_backend_fetch',
      block(
        'if (!bereq.uncacheable)',
        '# The response includes every write before it, so also each one that was purged before the fetch.',
        'set bereq.http.Consistency = "strong";',
        '# Pages do not depend on the name by which a reader reached them.',
        'set bereq.http.Host = "origin";',
        'var.set("since the fetch", var.global_get("last purge"));',
      ),
      '# Of what passes, the edge cuts out a range by itself: it takes no refusal of one.',
      block('else', 'unset bereq.http.Range;'),
      'return (fetch);',
    ),
    '',
    ...block(
      'sub vcl_backend_response',
      block(
        'if (beresp.status < 500 && var.global_get("origin failed") != "")',
        'var.global_set("origin failed", "");',
      ),
      block('if (bereq.uncacheable)', 'return (deliver);'),
      '# A refusal says nothing of the page, either.',
      block(
        'if (beresp.status >= 500 || beresp.status == 429)',
        block('if (beresp.status >= 502)', 'var.global_set("origin failed", "" + std.time2real(now, 0.0));'),
        'call end_with_error;',
        'return (deliver);',
      ),
      block(
        'if (!beresp.http.CDN-Cache-Control || beresp.http.Set-Cookie || beresp.http.Cache-Control ~ "(?i)private|no-store" ||\n      (beresp.status != 200 && beresp.status != 404))',
        'set beresp.uncacheable = true;',
        'set beresp.ttl = 10s;',
        'return (deliver);',
      ),
      'set beresp.http.Edge-Since = var.get("since the fetch");',
      'set beresp.http.Edge-Id = "fetch-" + bereq.xid;',
      'set beresp.http.xkey = beresp.http.Surrogate-Key + " all " + beresp.http.Edge-Id;',
      findOvertaken('beresp.http.Edge-Since', 'beresp.http.xkey'),
      block(
        'if (var.get("overtaken") != "")',
        block(`if (bereq.retries < ${MAX_RETRIES})`, 'return (retry);'),
        '# Its keys are purged faster than it can be fetched.',
        'set beresp.uncacheable = true;',
        'set beresp.ttl = 1s;',
        'return (deliver);',
      ),
      'set beresp.ttl = std.duration(regsub(beresp.http.CDN-Cache-Control, "^(?:.*[, ])?max-age=([0-9]+).*$", "\\1s"), 0s);',
      'set beresp.http.Edge-TTL = "" + beresp.ttl + "s";',
      'set beresp.grace = std.duration(regsub(beresp.http.CDN-Cache-Control, "^.*stale-if-error=([0-9]+).*$", "\\1s"), 0s);',
      'set beresp.keep = 0s;',
      '# The request id is that of the first reader.',
      'unset beresp.http.X-Request-Id;',
      'return (deliver);',
    ),
    '',
    ...block(
      'sub vcl_backend_error',
      'var.global_set("origin failed", "" + std.time2real(now, 0.0));',
      'set beresp.http.Content-Type = "application/json; charset=utf-8";',
      'set beresp.http.Retry-After = "1";',
      `synthetic({"{"errors":{"server":["unavailable"]}}"});`,
      block('if (!bereq.uncacheable)', 'call end_with_error;'),
      'return (deliver);',
    ),
    '',
    '# The stored page stays when a fetch is abandoned, and the reader looks for it. Without one it asks again, and gets the',
    '# error, as do others for a second.',
    ...block(
      'sub end_with_error',
      block('if (bereq.is_bgfetch || !bereq.http.Edge-Stale)', 'return (abandon);'),
      'set beresp.ttl = 1s;',
      'set beresp.grace = 0s;',
      'set beresp.keep = 0s;',
      'set beresp.http.Vary = "Edge-Stale";',
    ),
  ];
}
