import { block } from '../nginx/block.js';
import type { VarnishOptions } from './varnish-options.js';

/** Purge requests of several processes take turns: between reading and writing the log there is no other. */
const LOCK = '"purge log", 1, 2s';
/** From so many characters on, the older ones are dropped: 24,000 are the keys of about 600 changes. */
const MAX_LOG = 24_000;
const DROPPED = 8_000;
/** Keys that a page is compared with at most; with more it counts as overtaken. */
const MAX_COMPARED = 6_000;

/**
 * Returns how the edge takes purges, and how it finds out that a purge has overtaken a page.
 *
 * A purge removes what is stored. A response that left the origin earlier and arrives later would be stored after it, and stay.
 * So the edge keeps a log, `#<id> <key> <key> #<id> …`, and the id of the last purge. A fetch remembers that id when it begins; when
 * its response arrives, the log says which keys have been purged since.
 */
export function purges({ manifests }: VarnishOptions): string[] {
  return [
    ...block('sub vcl_init', 'var.global_set("purge log", "#0 ");', 'var.global_set("last purge", "0");'),
    '',
    ...block(
      'sub take_purge',
      ...block(
        'if (req.method != "PURGE" || std.getenv("CDN_PURGE_SECRET") == "" ||\n      req.http.Authorization != "Bearer " + std.getenv("CDN_PURGE_SECRET"))',
        'return (synth(403));',
      ),
      ...block(
        'if (req.url == "/trust" && req.http.module ~ "^[a-z][a-z0-9-]*$")',
        trust(),
        'return (synth(200));',
      ),
      ...block(
        'if (req.url == "/keys" && req.http.keys ~ "^[A-Za-z0-9_-]+( [A-Za-z0-9_-]+)*$")',
        block(`if (vsthrottle.is_denied(${LOCK}))`, 'return (synth(409));'),
        '# The log comes first: a response that arrives from now on is compared with it, and one that is stored is purged.',
        block(
          `if (var.global_get("purge log") ~ "^.{${MAX_LOG}}")`,
          `var.global_set("purge log", regsub(var.global_get("purge log"), "^.{${DROPPED}}[^#]*", ""));`,
        ),
        'var.global_set("purge log", var.global_get("purge log") + "#" + req.xid + " " + req.http.keys + " ");',
        'var.global_set("last purge", req.xid);',
        `vsthrottle.return_token(${LOCK});`,
        '# A soft purge keeps the page for the time when the origin does not answer.',
        'set req.http.Edge-Purged = xkey.softpurge(req.http.keys);',
        'return (synth(200));',
      ),
      'return (synth(400));',
    ),
    '',
    '# Whether a module has not said lately that its purges are acknowledged.',
    ...block(
      'sub check_trust',
      'unset req.http.Edge-Unsure;',
      ...manifests
        .filter(({ purges: has }) => has)
        .flatMap(({ name }) =>
          block(
            `if (std.real(var.global_get("trust ${name}"), 0.0) < std.time2real(now, 0.0))`,
            `set req.http.Edge-Unsure = "${name}";`,
          ),
        ),
    ),
  ];
}

const trust = () => [
  'var.global_set("trust " + req.http.module,',
  '  "" + (std.time2real(now, 0.0) + std.real(req.http.seconds, 0.0)));',
];

/**
 * Returns the lines that set the task's variable `overtaken` when one of a page's keys has been purged since its fetch began.
 * What the log does not reach back to counts as overtaken.
 * @param since an expression for the last purge when the fetch began
 * @param keys one for the keys of the page
 */
export function findOvertaken(since: string, keys: string): string[] {
  return [
    'var.set("overtaken", "");',
    ...block(
      `if (${since} != var.global_get("last purge"))`,
      `var.set("since", regsub(${since} + "|" + var.global_get("purge log"), "^([0-9]+)[|].*#\\1 [^#]*", ""));`,
      ...block(
        `if (var.get("since") ~ "[|]" || var.get("since") ~ "^.{${MAX_COMPARED}}" ||\n      " " + ${keys} + " |" + var.get("since") ~ " ([^ |]+) [^|]*+[|].* \\1 ")`,
        'var.set("overtaken", "yes");',
      ),
    ),
  ];
}
