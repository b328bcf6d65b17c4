import { block } from '../nginx/block.js';
import { rawPathRegex } from '../nginx/path-regex.js';
import { defaultLimits } from '../nginx/nginx-options.js';
import type { VarnishOptions } from './varnish-options.js';
import { vclString } from './vcl-string.js';

/** Headers by which other software lets a client choose method, path or host. Nothing behind the edge reads them, and nothing shall. */
const OVERRIDES = [
  'Forwarded',
  'X-Forwarded-Host',
  'X-Forwarded-Port',
  'X-Forwarded-Prefix',
  'X-Forwarded-Server',
  'X-HTTP-Method',
  'X-HTTP-Method-Override',
  'X-Host',
  'X-Method-Override',
  'X-Original-URL',
  'X-Rewrite-URL',
];
/** The edge's own. */
const INTERNAL = [
  'Edge-Unsure',
  'Edge-Fresh',
  'Edge-Lookup',
  'Edge-Pass',
  'Edge-Purged',
  'Edge-Stale',
  'Surrogate-Key',
];

/** Clients with one of these headers may need a response of their own. */
const PASSING_HEADERS = [
  'Authorization',
  'Consistency',
  'Consistency-Token',
  'If-Match',
  'If-Unmodified-Since',
  'Transfer-Encoding',
];
/** The cookies of sessions, and of browsers that have just written. */
const PASSING_COOKIES = '(^|; *)(__Host-)?(session|written)=';
const MAX_URL = 2_000;
/** Bytes of a request's body that is read before it is sent on; larger ones are uploads. */
const MAX_BUFFERED_BODY = 1_048_576;

/** Returns which requests are looked up in the cache, and how. All others pass. */
export function requests({
  manifests,
  limits = defaultLimits,
  corsOrigins,
  maxStaleness,
}: VarnishOptions): string[] {
  const publicPages = manifests.flatMap((manifest) => manifest.publicPages ?? []);
  return [
    ...(limits.trustedProxies.length === 0 ? [] : acl(limits.trustedProxies)),
    ...block(
      'sub vcl_recv',
      block('if (local.socket == "purge")', 'call take_purge;'),
      block('if (req.restarts == 0)', 'call clean_request;', 'call choose_lookup;'),
      block('if (!req.http.Edge-Lookup)', 'return (pass);'),
      'set req.backend_hint = pages;',
      'call choose_freshness;',
      'return (hash);',
    ),
    '',
    ...block(
      'sub clean_request',
      OVERRIDES.map((name) => `unset req.http.${name};`),
      INTERNAL.map((name) => `unset req.http.${name};`),
      limits.trustedProxies.length === 0
        ? forwarding()
        : block('if (client.ip !~ trusted_proxies)', forwarding()),
      block(
        'if (req.http.X-Request-Id !~ "^[A-Za-z0-9._-]{1,64}$")',
        'set req.http.X-Request-Id = "edge-" + req.xid + "-" + std.time2integer(now, 0);',
      ),
      '# Other ranges may be ignored, and are.',
      block('if (req.http.Range !~ "^bytes=[0-9]*-[0-9]*$")', 'unset req.http.Range;'),
      block('if (req.method == "PURGE" || req.method == "BAN")', 'return (synth(405));'),
    ),
    '',
    ...block(
      'sub choose_lookup',
      block(
        'if (req.method != "GET" && req.method != "HEAD")',
        '# Read first, so that a host that refuses it early does not break the connection.',
        block(
          `if (std.integer(req.http.Content-Length, 0) > 0 && std.integer(req.http.Content-Length, 0) <= ${MAX_BUFFERED_BODY})`,
          `if (!std.cache_req_body(${MAX_BUFFERED_BODY}B)) { return (synth(400)); }`,
        ),
        'return (pass);',
      ),
      block(
        `if (${[...PASSING_HEADERS.map((name) => `req.http.${name}`), 'std.integer(req.http.Content-Length, 0) > 0'].join(' ||\n      ')})`,
        'return (pass);',
      ),
      block(`if (req.http.Cookie ~ "${PASSING_COOKIES}")`, 'return (pass);'),
      '# Varnish compares with one ETag.',
      block('if (req.http.If-None-Match ~ ",")', 'return (pass);'),
      block(
        `if (req.url ~ "^.{${MAX_URL}}" || req.url !~ "${publicPages.map((page) => `(${rawPathRegex(page)})`).join('|')}")`,
        'return (pass);',
      ),
      'set req.http.Edge-Lookup = "yes";',
      '# From here on the request is that of any anonymous reader.',
      'unset req.http.Cookie;',
      'set req.url = std.querysort(req.url);',
      corsOrigins === '*'
        ? 'unset req.http.Origin;'
        : block(
            `if (req.http.Origin !~ ${vclString(`^(${corsOrigins.map((origin) => origin.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('|')})$`)})`,
            'unset req.http.Origin;',
          ),
    ),
    '',
    ...block(
      'sub choose_freshness',
      '# A restarted request still has the limit it began with, which hides pages that are older and not yet over.',
      'set req.ttl = 3650d;',
      block(
        'if (req.http.Edge-Stale || !std.healthy(pages) || std.real(var.global_get("origin failed"), 0.0) > std.time2real(now, 0.0) - 30.0)',
        '# The origin does not answer: what is stored is all there is.',
        'set req.http.Edge-Stale = "yes";',
        'set req.grace = 1d;',
        'return;',
      ),
      'call check_trust;',
      block('if (req.http.Edge-Unsure)', `set req.ttl = ${maxStaleness}s;`, 'set req.grace = 0s;', 'return;'),
      'set req.grace = 10s;',
      block('if (req.http.Edge-Fresh)', 'set req.grace = 0s;'),
    ),
  ];
}

const forwarding = () => [
  'set req.http.X-Forwarded-For = "" + client.ip;',
  'unset req.http.X-Forwarded-Proto;',
];

function acl(networks: readonly string[]): string[] {
  return [
    ...block(
      'acl trusted_proxies',
      networks.map((network) => network.replace(/^(.*)\/(\d+)$/, '"$1"/$2;')),
    ),
    '',
  ];
}
