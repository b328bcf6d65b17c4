import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readSettings } from '@tearline/settings';
import { afterEach, describe, expect, it } from 'vitest';
import { startTraceCollector } from '../../../test/support/trace-collector.js';
import { openTracing } from './open-tracing.js';
import type { Tracing } from './tracing.js';
import { tracingSettings } from './tracing-settings.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const service = { name: 'app', version: '1.0.0', modules: ['articles', 'social'] };
const request = { name: 'GET', kind: 'server' } as const;

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

const open = async (env: Record<string, string>): Promise<Tracing | undefined> =>
  openTracing(readSettings(tracingSettings, env), service);

async function collected(env: Record<string, string> = {}) {
  const collector = await startTraceCollector();
  ends.push(() => collector.stop());
  const tracing = (await open({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...env }))!;
  const spans = async () => {
    await tracing.close();
    return collector.spans();
  };
  return { tracer: tracing.tracer, spans };
}

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('the traces of a process', () => {
  it('are none without a collector', async () => {
    expect(await open({ TRACE_SAMPLE_RATE: '1' })).toBeUndefined();
  });

  it('reach the collector with parents, attributes and errors', async () => {
    const { tracer, spans } = await collected();
    const root = tracer.begin({ ...request, attributes: { 'http.request.method': 'GET' } })!;
    const child = root.startChild({ name: 'articles.one', kind: 'client' });
    child.end('unavailable');
    root.rename('GET /api/articles');
    root.set({ 'http.response.status_code': 503 });
    root.end('503');
    root.end();
    const [first, second] = await spans();
    expect(second).toMatchObject({
      name: 'GET /api/articles',
      kind: 2,
      service: 'app',
      status: { code: 2 },
      attributes: { 'http.request.method': 'GET', 'http.response.status_code': '503', 'error.type': '503' },
    });
    expect(second!.parentSpanId ?? '').toBe('');
    expect(first).toMatchObject({
      name: 'articles.one',
      kind: 3,
      traceId: second!.traceId,
      parentSpanId: second!.spanId,
      attributes: { 'error.type': 'unavailable' },
    });
    expect(root.traceparent).toBe(`00-${second!.traceId}-${second!.spanId}-01`);
  });

  it('follow the decision of the client, whatever the rate is', async () => {
    const { tracer, spans } = await collected({ TRACE_SAMPLE_RATE: '0' });
    expect(tracer.begin(request)).toBeUndefined();
    expect(tracer.begin(request, { traceparent: `00-${TRACE}-${PARENT}-00` })).toBeUndefined();
    tracer.begin(request, { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: 'vendor=1' })!.end();
    tracer.join(request, `00-${TRACE}-${PARENT}-01`)!.end();
    expect(tracer.join(request, `00-${TRACE}-${PARENT}-00`)).toBeUndefined();
    expect(await spans()).toMatchObject([
      { traceId: TRACE, parentSpanId: PARENT, traceState: 'vendor=1' },
      { traceId: TRACE, parentSpanId: PARENT },
    ]);
  });

  it('begin anew when the context of the client names no span', async () => {
    const { tracer, spans } = await collected();
    tracer.begin(request, { traceparent: `00-${'0'.repeat(32)}-${PARENT}-01` })!.end();
    expect((await spans())[0]).not.toMatchObject({ parentSpanId: PARENT });
  });

  it('send the credential of the collector', async () => {
    const seen: unknown[] = [];
    const url = await listening(
      createServer((incoming, response) => {
        seen.push([incoming.url, incoming.headers['authorization'], incoming.headers['x-tenant']]);
        incoming.resume();
        response.end('{}');
      }),
    );
    const headers = 'authorization=Bearer%20abc,x-tenant=7';
    const tracing = (await open({
      OTEL_EXPORTER_OTLP_ENDPOINT: `${url}/otlp/`,
      OTEL_EXPORTER_OTLP_HEADERS: headers,
    }))!;
    tracing.tracer.begin(request)!.end();
    await tracing.close();
    expect(seen).toEqual([['/otlp/v1/traces', 'Bearer abc', '7']]);
  });

  it.each([
    ['hangs', (url: string) => url],
    ['refuses connections', () => 'http://127.0.0.1:1'],
  ])('hold nothing up when the collector %s', async (_case, urlOf) => {
    const url = await listening(createServer(() => undefined));
    const tracing = (await open({ OTEL_EXPORTER_OTLP_ENDPOINT: urlOf(url) }))!;
    for (let count = 0; count < 20_000; count += 1) tracing.tracer.begin(request)!.end();
    await expect(tracing.close()).resolves.toBeUndefined();
  });
});

describe('the settings of traces', () => {
  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318', 'does not begin with http://'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://user:secret@collector:4318', 'OTEL_EXPORTER_OTLP_HEADERS'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'authorization', 'expected <name>=<value>'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'authorization=%', 'expected <name>=<value>'],
    ['OTEL_SERVICE_NAME', 'my app', 'expected letters'],
    ['TRACE_SAMPLE_RATE', '1%', 'expected a number from 0 to 1'],
    ['TRACE_SAMPLE_RATE', '1.5', 'expected a number from 0 to 1'],
  ])('refuse %s=%s', (name, value, message) => {
    expect(() => readSettings(tracingSettings, { [name]: value })).toThrow(message);
  });
});
