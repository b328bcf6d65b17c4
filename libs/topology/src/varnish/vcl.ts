import { defaultLimits } from '../nginx/nginx-options.js';
import { block } from '../nginx/block.js';
import { fetches } from './fetches.js';
import { lookups } from './lookups.js';
import { purges } from './purges.js';
import { requests } from './requests.js';
import { responses } from './responses.js';
import { vclString } from './vcl-string.js';
import type { VarnishOptions } from './varnish-options.js';

/** nginx reports its own timeouts: the edge waits this much longer. */
const MORE_SECONDS = 4;
/** Streams send a heartbeat every 5 seconds. */
const BETWEEN_BYTES_SECONDS = 60;

/**
 * Returns the configuration of a Varnish (7.1 or newer, with varnish-modules) that caches the public pages of a topology at the
 * edge: VCL for a `varnishd` with two sockets, `edge` for clients and `purge` for the hosts, whose secret it takes from the
 * environment variable `CDN_PURGE_SECRET`. The guide explains what it guarantees, and each part what it does.
 */
export function vcl(options: VarnishOptions): string {
  const { topology, origin, limits = defaultLimits } = options;
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(origin)!;
  const timeouts = [
    limits.requestTimeout,
    ...Object.values(limits.modules).map(({ timeout = 0 }) => timeout),
  ];
  const connection = [
    `.host = ${vclString(host!)};`,
    `.port = "${port}";`,
    '.connect_timeout = 2s;',
    `.first_byte_timeout = ${Math.ceil(Math.max(...timeouts) / 1_000) + MORE_SECONDS}s;`,
    `.between_bytes_timeout = ${BETWEEN_BYTES_SECONDS}s;`,
  ];
  const lines = [
    'vcl 4.1;',
    `# Generated from the topology '${topology}' and the modules' manifests; do not edit.`,
    ...['std', 'header', 'var', 'vsthrottle', 'xkey'].map((module) => `import ${module};`),
    '',
    ...block('backend origin', connection),
    '',
    '# For pages: an origin that does not answer its probe is asked for none, so that no reader waits for it.',
    ...block(
      'backend pages',
      connection,
      '.probe = { .url = "/health/ready"; .interval = 1s; .timeout = 2s; .window = 4; .threshold = 2; .initial = 3; }',
    ),
    '',
    ...purges(options),
    '',
    ...requests(options),
    '',
    ...lookups(),
    '',
    ...fetches(),
    '',
    ...responses(),
  ];
  return `${lines.join('\n')}\n`;
}
