import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** A span, as OTLP has it in JSON. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code: number };
  readonly attributes: Readonly<Record<string, string>>;
  /** `service.name` of the process. */
  readonly service: string;
}

/** A collector that keeps what it gets by OTLP over HTTP, as JSON. */
export interface TraceCollector {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly url: string;
  /** Returns the spans of a trace; of all traces by default. */
  spans(traceId?: string): CollectedSpan[];
  stop(): Promise<void>;
}

type Attributes = readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];

interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: Attributes };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<CollectedSpan, 'attributes'> & { readonly attributes: Attributes })[];
    }[];
  }[];
}

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];

/** Starts a collector, by default on a free port. */
export async function startTraceCollector(port = 0): Promise<TraceCollector> {
  const collected: CollectedSpan[] = [];
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      collected.push(...spansIn(body as Export));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: (traceId) => collected.filter((span) => traceId === undefined || span.traceId === traceId),
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function spansIn({ resourceSpans }: Export): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = textsOf(resource.attributes)['service.name']!;
    return scopeSpans
      .flatMap(({ spans }) => spans)
      .map((span) => ({ ...span, attributes: textsOf(span.attributes), service }));
  });
}

function textsOf(attributes: Attributes): Record<string, string> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => {
      const [only] = Object.values(value);
      return [key, typeof only === 'string' ? only : JSON.stringify(only)];
    }),
  );
}

/**
 * Returns a trace as text, a line for each span, indented below its parent. Siblings are in the order of their lines, since concurrent
 * ones have no other.
 */
export function treeOf(
  spans: readonly CollectedSpan[],
  lineOf: (span: CollectedSpan) => string = nameAndKind,
): string {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const below = Map.groupBy(spans, ({ parentSpanId = '' }) => (known.has(parentSpanId) ? parentSpanId : ''));
  const linesOf = (parent: string): string[] =>
    (below.get(parent) ?? [])
      .map((span) => [lineOf(span), ...linesOf(span.spanId).map(indent)].join('\n'))
      .toSorted();
  return linesOf('').join('\n');
}

/** Returns the line of a span with its attributes. @param without names of attributes */
export function detailed(span: CollectedSpan, without: readonly string[]): string {
  const attributes = Object.entries(span.attributes)
    .filter(([key]) => !without.includes(key))
    .map(([key, value]) => `${key}=${value.replaceAll(/\s+/g, ' ').trim()}`)
    .toSorted();
  return [nameAndKind(span), ...attributes].join(' ');
}

const nameAndKind = ({ name, kind, status }: CollectedSpan) =>
  `${name} (${KINDS[kind]}${status.code === 2 ? ', failed' : ''})`;

const indent = (text: string) => text.replaceAll(/^/gm, '  ');
