import type { Span, SpanAttributes, SpanOptions, Tracer } from '../index.js';

/** A span that has ended, or not yet. */
export class MemorySpan implements Span {
  attributes: SpanAttributes;
  name: string;
  ended: string | undefined;
  readonly children: MemorySpan[] = [];
  readonly traceparent: string;

  constructor(
    readonly tracer: MemoryTracer,
    readonly options: SpanOptions,
  ) {
    this.name = options.name;
    this.attributes = options.attributes ?? {};
    this.traceparent = `00-${'1'.repeat(32)}-${String(tracer.spans.push(this)).padStart(16, '0')}-01`;
  }

  startChild(options: SpanOptions): Span {
    const child = new MemorySpan(this.tracer, options);
    this.children.push(child);
    return child;
  }

  rename(name: string): void {
    this.name = name;
  }

  set(attributes: SpanAttributes): void {
    this.attributes = { ...this.attributes, ...attributes };
  }

  end(errorType = 'ok'): void {
    this.ended ??= errorType;
  }

  /** Returns name, kind and end of the span and of those below it. */
  get tree(): unknown[] {
    return [`${this.name} ${this.options.kind} ${this.ended}`, ...this.children.map(({ tree }) => tree)];
  }
}

/** Keeps spans in the memory of this process, for all applications in it. */
export class MemoryTracer implements Tracer {
  readonly spans: MemorySpan[] = [];

  begin(options: SpanOptions): MemorySpan {
    return new MemorySpan(this, options);
  }

  join(options: SpanOptions, traceparent: string): Span | undefined {
    return this.spans.find((span) => span.traceparent === traceparent)?.startChild(options);
  }
}
