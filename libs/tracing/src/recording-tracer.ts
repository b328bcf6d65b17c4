import {
  type Context,
  createTraceState,
  isSpanContextValid,
  type Span as RecordedSpan,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Tracer as OtelTracer,
} from '@opentelemetry/api';
import type { Span, SpanAttributes, SpanOptions, TraceHeaders, Tracer } from '@tearline/seam';

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

/**
 * Implements the seam's tracer with one of OpenTelemetry. A trace that is not recorded costs one comparison: no span is made, and the
 * calls of its request see none. Parents are explicit, so no context of OpenTelemetry is propagated in the process.
 */
export class RecordingTracer implements Tracer {
  /** @param rate share of the traces that begin here which are recorded, 0 to 1 */
  constructor(
    private readonly tracer: OtelTracer,
    private readonly rate: number,
  ) {}

  begin(options: SpanOptions, { traceparent, tracestate }: TraceHeaders = {}): Span | undefined {
    const parent = traceparent === undefined ? undefined : spanContextOf(traceparent, tracestate);
    if (parent) return this.#below(parent, options);
    // `random` is below 1, so a rate of 1 records all.
    return Math.random() < this.rate ? start(this.tracer, options, ROOT_CONTEXT) : undefined;
  }

  join(options: SpanOptions, traceparent: string): Span | undefined {
    const parent = spanContextOf(traceparent);
    return parent && this.#below(parent, options);
  }

  #below(parent: SpanContext, options: SpanOptions): Span | undefined {
    if ((parent.traceFlags & TraceFlags.SAMPLED) === 0) return undefined;
    return start(this.tracer, options, trace.setSpanContext(ROOT_CONTEXT, parent));
  }
}

/** Returns what a W3C trace context names; undefined when it names no span. */
function spanContextOf(traceparent: string, tracestate?: string): SpanContext | undefined {
  const [, traceId = '', spanId = '', flags = ''] = traceparent.split('-');
  const context: SpanContext = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
    ...(tracestate !== undefined && { traceState: createTraceState(tracestate) }),
  };
  return isSpanContextValid(context) ? context : undefined;
}

function start(tracer: OtelTracer, options: SpanOptions, context: Context): Span {
  const { name, kind, attributes, startTime } = options;
  const recorded = tracer.startSpan(
    name,
    {
      kind: KINDS[kind],
      ...(attributes && { attributes: { ...attributes } }),
      ...(startTime !== undefined && { startTime }),
    },
    context,
  );
  return new RecordingSpan(tracer, recorded);
}

class RecordingSpan implements Span {
  constructor(
    private readonly tracer: OtelTracer,
    private readonly recorded: RecordedSpan,
  ) {}

  get traceparent(): string {
    const { traceId, spanId } = this.recorded.spanContext();
    return `00-${traceId}-${spanId}-01`;
  }

  startChild(options: SpanOptions): Span {
    return start(this.tracer, options, trace.setSpan(ROOT_CONTEXT, this.recorded));
  }

  rename(name: string): void {
    this.recorded.updateName(name);
  }

  set(attributes: SpanAttributes): void {
    this.recorded.setAttributes({ ...attributes });
  }

  end(errorType?: string): void {
    if (!this.recorded.isRecording()) return;
    if (errorType !== undefined) {
      this.recorded.setAttribute('error.type', errorType);
      this.recorded.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.recorded.end();
  }
}
