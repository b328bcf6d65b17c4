import { Logger } from '@nestjs/common';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';

type Report = Parameters<SpanExporter['export']>[1];

/** Logs once when the collector stops to take spans, and once when it takes them again. */
export class ReportingExporter implements SpanExporter {
  readonly #log = new Logger('Tracing');
  #lost = 0;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly url: string,
  ) {}

  export(spans: ReadableSpan[], done: Report): void {
    this.exporter.export(spans, (result) => {
      if (result.error) this.#report(spans.length, result.error);
      else if (this.#lost > 0) this.#recover();
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }

  #report(count: number, error: Error): void {
    if (this.#lost === 0)
      this.#log.warn({ err: error }, `${this.url} takes no traces; they are dropped until it does`);
    this.#lost += count;
  }

  #recover(): void {
    this.#log.log(`${this.url} takes traces again; at least ${this.#lost} spans were lost`);
    this.#lost = 0;
  }
}
