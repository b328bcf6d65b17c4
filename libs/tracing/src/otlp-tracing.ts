import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  type ReadableSpan,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { runOutsideCall } from '@tearline/seam';
import type { TracedService, Tracing } from './tracing.js';
import { RecordingTracer } from './recording-tracer.js';
import { ReportingExporter } from './reporting-exporter.js';

/** About 400 bytes each; further ones are dropped while the collector does not keep up. */
const MAX_QUEUED_SPANS = 8_192;
const BATCH_INTERVAL_MS = 1_000;
const EXPORT_TIMEOUT_MS = 10_000;
const FLUSH_TIMEOUT_MS = 2_000;

export interface OtlpOptions {
  /** Without the path of traces. */
  readonly endpoint: string;
  readonly headers: Record<string, string>;
  /** Share of the traces that are recorded, 0 to 1. */
  readonly rate: number;
  readonly service: TracedService;
}

/** Records traces, and sends them to a collector in batches. A collector that fails or hangs costs spans, and nothing else. */
export function exportTo({ endpoint, headers, rate, service }: OtlpOptions): Tracing {
  const url = `${endpoint.replace(/\/$/, '')}/v1/traces`;
  const exporter = new OTLPTraceExporter({ url, headers, timeoutMillis: EXPORT_TIMEOUT_MS });
  const provider = new TracerProvider({
    // What is recorded is decided before a span is made.
    sampler: new AlwaysOnSampler(),
    resource: resourceFromAttributes({
      'service.name': service.name,
      'service.version': service.version,
      'service.instance.id': `${hostname()}:${process.pid}`,
      'tearline.modules': [...service.modules],
    }),
    spanProcessors: [
      new DetachedBatches({
        exporter: new ReportingExporter(exporter, url),
        maxQueueSize: MAX_QUEUED_SPANS,
        scheduledDelayMillis: BATCH_INTERVAL_MS,
        exportTimeoutMillis: EXPORT_TIMEOUT_MS,
      }),
    ],
  });
  return {
    tracer: new RecordingTracer(provider.getTracer('tearline', service.version), rate),
    close: async () => {
      const flushed = provider.shutdown().catch(() => undefined);
      await Promise.race([flushed, pause(FLUSH_TIMEOUT_MS, undefined, { ref: false })]);
    },
  };
}

/** Its timers and requests outlive the call whose span starts them. */
class DetachedBatches extends BatchSpanProcessor {
  override onEnd(span: ReadableSpan): void {
    runOutsideCall(() => super.onEnd(span));
  }
}
