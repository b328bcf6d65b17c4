import { type CallContext, currentCall } from './call-context.js';
import type { Span, SpanOptions, Tracer } from './span.js';

/** Returns the span of this process that the current call works for; undefined when its trace is not recorded. */
export function currentSpan(): Span | undefined {
  return currentCall()?.span;
}

/** Returns the span for work of a call: below the call's own span, or below one of another process. */
export function startSpan(
  tracer: Tracer,
  { span, traceparent }: CallContext,
  options: SpanOptions,
): Span | undefined {
  if (span) return span.startChild(options);
  return traceparent === undefined ? undefined : tracer.join(options, traceparent);
}
