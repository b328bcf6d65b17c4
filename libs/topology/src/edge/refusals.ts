import { block } from './block.js';

/** One answer that nginx gives by itself, without asking a host. */
interface Refusal {
  readonly status: number;
  readonly subject: string;
  readonly message: string;
  /** What nginx calls it, when that is no status of HTTP. */
  readonly internally?: number;
  readonly retryAfter?: number;
}

/** What a client is told, in the words that the hosts use for the same. */
const REFUSALS: readonly Refusal[] = [
  { status: 400, subject: 'request', message: 'is not valid HTTP' },
  { status: 404, subject: 'route', message: 'not found' },
  { status: 405, subject: 'request', message: 'method not allowed' },
  { status: 408, subject: 'request', message: 'took too long to arrive' },
  { status: 411, subject: 'request', message: 'length required' },
  { status: 413, subject: 'body', message: 'is too large' },
  { status: 414, subject: 'request', message: 'has a URL that is too long' },
  { status: 431, subject: 'request', message: 'has headers that are too large', internally: 494 },
  { status: 500, subject: 'server', message: 'internal error' },
  { status: 501, subject: 'request', message: 'not implemented' },
  { status: 502, subject: 'server', message: 'unavailable', retryAfter: 1 },
  { status: 503, subject: 'server', message: 'unavailable', retryAfter: 1 },
  { status: 504, subject: 'server', message: 'deadline exceeded' },
  { status: 505, subject: 'request', message: 'has a version of HTTP that is not supported' },
];

const CLIMBS = String.raw`^ [A-Z]+ (?=\S*(?:[.]|%2[eE]){2})/(?:[^%\s]|%(?!00)[0-9A-Fa-f]{2})*+ HTTP/1[.][01]$`;

/** What the answers need to know of the request; belongs into the `http` block. */
export function refusalMaps(): string[] {
  return [
    '# nginx refuses a path that climbs over the root, before it has taken it in; for a host it leads nowhere.',
    ...block('map "$request_uri $request" $edge_leads_nowhere', 'default 0;', `"~${CLIMBS}" 1;`),
  ];
}

/**
 * Puts them all into the form of the hosts' errors; belongs into the `server` block. The locations are no named ones,
 * where nginx does not go with a request whose first line it could not read.
 */
export function refusals(): string[] {
  return [
    // `=`: what the location answers counts, and nginx knows statuses that HTTP does not.
    ...REFUSALS.map(({ status, internally = status }) => `error_page ${internally} = /_edge/${status};`),
    ...REFUSALS.flatMap((refusal) =>
      block(
        `location = /_edge/${refusal.status}`,
        'internal;',
        // The request comes here with its body, which was small enough where it had been going.
        'client_max_body_size 0;',
        "default_type 'application/json; charset=utf-8';",
        'add_header X-Request-Id $edge_request_id always;',
        'add_header X-Content-Type-Options nosniff always;',
        'add_header Access-Control-Allow-Origin * always;',
        "add_header Access-Control-Expose-Headers 'X-Request-Id, Retry-After, Consistency-Token' always;",
        refusal.retryAfter ? [`add_header Retry-After ${refusal.retryAfter} always;`] : [],
        refusal.status === 400 ? block('if ($edge_leads_nowhere)', answer(REFUSALS[1]!)) : [],
        answer(refusal),
      ),
    ),
  ];
}

function answer({ status, subject, message }: Refusal): string {
  return `return ${status} '${JSON.stringify({ errors: { [subject]: [message] } })}';`;
}
