import { block } from '../nginx/block.js';
import { findOvertaken } from './purges.js';

/** Returns which stored pages a reader gets. */
export function lookups(): string[] {
  return [
    ...block(
      'sub vcl_hash',
      '# One application: pages do not depend on the name by which it is reached.',
      'hash_data(req.url);',
      'return (lookup);',
    ),
    '',
    ...block(
      'sub vcl_hit',
      block('if (req.http.Edge-Stale)', 'return (deliver);'),
      '# A purge may have come between the comparison of the response with the log and the moment when it was stored.',
      block(
        'if (obj.hits < 3)',
        findOvertaken('obj.http.Edge-Since', 'obj.http.xkey'),
        block(
          'if (var.get("overtaken") != "")',
          'set req.http.Edge-Purged = xkey.softpurge(obj.http.Edge-Id);',
          'set req.http.Edge-Fresh = "yes";',
          'return (restart);',
        ),
      ),
      '# Past its end before its time: it was purged, and no reader gets it while the origin answers.',
      block(
        'if (obj.ttl <= 0s && obj.age < std.duration(obj.http.Edge-TTL, 0s) && !req.http.Edge-Fresh)',
        'set req.http.Edge-Fresh = "yes";',
        'return (restart);',
      ),
      'return (deliver);',
    ),
    '',
    ...block('sub vcl_miss', 'return (fetch);'),
    '',
    ...block('sub vcl_pass', 'set req.http.Edge-Pass = "yes";', 'return (fetch);'),
  ];
}
