import { block } from './block.js';

/** A response that nginx gives without a host. */
interface ErrorPage {
  readonly status: number;
  readonly subject: string;
  readonly message: string;
  /** nginx's own code, where that is not an HTTP status. */
  readonly internalCode?: number;
  readonly retryAfter?: number;
}

const NOT_FOUND: ErrorPage = { status: 404, subject: 'route', message: 'not found' };

/** The messages are those of the hosts for the same errors. */
const ERROR_PAGES: readonly ErrorPage[] = [
  { status: 400, subject: 'request', message: 'is not valid HTTP' },
  NOT_FOUND,
  { status: 405, subject: 'request', message: 'method not allowed' },
  { status: 408, subject: 'request', message: 'took too long to arrive' },
  { status: 411, subject: 'request', message: 'length required' },
  { status: 413, subject: 'body', message: 'is too large' },
  { status: 414, subject: 'request', message: 'has a URL that is too long' },
  { status: 429, subject: 'connections', message: 'are too many from one address', retryAfter: 1 },
  { status: 431, subject: 'request', message: 'has headers that are too large', internalCode: 494 },
  { status: 500, subject: 'server', message: 'internal error' },
  { status: 501, subject: 'request', message: 'not implemented' },
  { status: 502, subject: 'server', message: 'unavailable', retryAfter: 1 },
  { status: 503, subject: 'server', message: 'unavailable', retryAfter: 1 },
  { status: 504, subject: 'server', message: 'deadline exceeded' },
  { status: 505, subject: 'request', message: 'has a version of HTTP that is not supported' },
];

const PATH_ABOVE_ROOT = String.raw`^ [A-Z]+ (?=\S*(?:[.]|%2[eE]){2})/(?:[^%\s]|%(?!00)[0-9A-Fa-f]{2})*+ HTTP/1[.][01]$`;

/** Returns the variables of the error pages, for the `http` block. */
export function errorPageMaps(): string[] {
  return [
    '# nginx rejects a path above the root as a bad request; the hosts answer it with 404.',
    ...block('map "$request_uri $request" $edge_above_root', 'default 0;', `"~${PATH_ABOVE_ROOT}" 1;`),
  ];
}

/**
 * Returns the error pages, in the format of the hosts' errors, for the `server` block. Their locations have paths, because nginx
 * does not go to a named location for a request whose first line it cannot parse.
 */
export function errorPages(): string[] {
  return [
    // `=`: the status is the location's, because some of nginx's codes are not HTTP statuses.
    ...ERROR_PAGES.map(
      ({ status, internalCode = status }) => `error_page ${internalCode} = /_edge/${status};`,
    ),
    ...ERROR_PAGES.flatMap((page) =>
      block(
        `location = /_edge/${page.status}`,
        'internal;',
        // The request arrives with its body, whose size its own location has accepted.
        'client_max_body_size 0;',
        "default_type 'application/json; charset=utf-8';",
        'add_header X-Request-Id $edge_request_id always;',
        'add_header X-Content-Type-Options nosniff always;',
        'add_header Access-Control-Allow-Origin * always;',
        "add_header Access-Control-Expose-Headers 'X-Request-Id, Retry-After, Consistency-Token' always;",
        page.retryAfter ? [`add_header Retry-After ${page.retryAfter} always;`] : [],
        page.status === 400 ? block('if ($edge_above_root)', response(NOT_FOUND)) : [],
        response(page),
      ),
    ),
  ];
}

function response({ status, subject, message }: ErrorPage): string {
  return `return ${status} '${JSON.stringify({ errors: { [subject]: [message] } })}';`;
}
