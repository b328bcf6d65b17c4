/** The trace of a line of the log, and the span in it. */
export interface TraceFields {
  readonly traceId: string;
  readonly spanId: string;
}

/** Returns the ids in a W3C trace context: version, 32 digits, 16 digits, flags. */
export const traceFields = (traceparent: string): TraceFields => ({
  traceId: traceparent.slice(3, 35),
  spanId: traceparent.slice(36, 52),
});
