/** Which side of an exchange a span is, as OpenTelemetry has it. */
export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

/** Facts of a span, by the names of OpenTelemetry's semantic conventions. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** What a span starts with. */
export interface SpanOptions {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes?: SpanAttributes;
  /** Milliseconds since 1970; now by default. */
  readonly startTime?: number;
}

/** A piece of work of a trace that is recorded. Its functions do not throw. */
export interface Span {
  /** W3C trace context of this span, for the work that continues it elsewhere. */
  readonly traceparent: string;
  /** Starts a span below this one. */
  startChild(options: SpanOptions): Span;
  /** Replaces the name. */
  rename(name: string): void;
  set(attributes: SpanAttributes): void;
  /**
   * Ends the span; further calls have no effect.
   * @param errorType a code of low cardinality, when the work has failed
   */
  end(errorType?: string): void;
}

/** The trace context of a request, as its headers say it. */
export interface TraceHeaders {
  /** W3C trace context, valid. */
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}

/** The port through which calls become spans; without one, nothing is recorded. */
export interface Tracer {
  /**
   * Starts a span for work that may begin a trace: a request, a scheduled job. Follows the decision of the parent where there is
   * one.
   * @returns undefined when the trace is not recorded
   */
  begin(options: SpanOptions, headers?: TraceHeaders): Span | undefined;
  /**
   * Starts a span for work that belongs to a trace from elsewhere.
   * @returns undefined when the trace is not recorded
   */
  join(options: SpanOptions, traceparent: string): Span | undefined;
}

/** Ends a span with its work: with the code of the error when it fails. */
export async function endWith<T>(span: Span, work: Promise<T>): Promise<T> {
  try {
    const result = await work;
    span.end();
    return result;
  } catch (error) {
    span.end(errorTypeOf(error));
    throw error;
  }
}

/** Returns the code of an error, or else the name of its class. */
export function errorTypeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : typeof error;
}
