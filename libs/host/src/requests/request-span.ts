import type { Span, Tracer } from '@tearline/seam';
import type { FastifyRequest } from 'fastify';
import { traceHeadersOf } from './trace-headers.js';

/** Probes come every few seconds: their traces would crowd out the others. */
const PROBES = /^\/(health|metrics)(\/|\?|$)/;

/** Begins the span of a request; undefined when its trace is not recorded. */
export function beginRequestSpan(tracer: Tracer, request: FastifyRequest): Span | undefined {
  const { method, protocol, raw } = request;
  const url = raw.url ?? '';
  if (PROBES.test(url)) return undefined;
  const query = url.indexOf('?');
  const attributes = {
    'http.request.method': method,
    // Without the query, which may hold a secret.
    'url.path': query === -1 ? url : url.slice(0, query),
    'url.scheme': protocol,
  };
  return tracer.begin({ name: method, kind: 'server', attributes }, traceHeadersOf(request));
}

/** Ends the span of a request. @param route the pattern of its path */
export function endRequestSpan(span: Span, method: string, route: string, status: number): void {
  if (route !== 'none') {
    span.rename(`${method} ${route}`);
    span.set({ 'http.route': route });
  }
  span.set({ 'http.response.status_code': status });
  span.end(status >= 500 ? String(status) : undefined);
}
