import type { IncomingMessage } from 'node:http';
import type { TraceHeaders } from '@tearline/seam';

type Headers = Pick<IncomingMessage, 'headers'>;

/** Returns the client's W3C trace context; undefined if it is invalid. */
export function traceparentOf({ headers }: Headers): string | undefined {
  const given = headers['traceparent'];
  if (given === undefined) return undefined;
  return typeof given === 'string' && /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/.test(given)
    ? given
    : undefined;
}

/** Returns the client's W3C trace context with what its tracing systems add to it. */
export function traceHeadersOf(request: Headers): TraceHeaders {
  const { tracestate } = request.headers;
  return {
    traceparent: traceparentOf(request),
    tracestate: typeof tracestate === 'string' ? tracestate : undefined,
  };
}
