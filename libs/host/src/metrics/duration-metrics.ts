import { Counter, type Registry } from 'prom-client';
import { Duration } from './duration.js';
import { DurationHistogram, type Series } from './duration-histogram.js';

/** What the two metrics of one kind of thing are called. */
export interface DurationMetricsOptions<L extends string> {
  /** Name and help of the counter. */
  total: readonly [name: string, help: string];
  /** Name and help of the histogram, in seconds. */
  seconds: readonly [name: string, help: string];
  labels: readonly L[];
}

/** A counter and a histogram of the same things, filled when somebody scrapes them. */
export class DurationMetrics<L extends string> {
  readonly #series: Series<L>[] = [];

  constructor(registry: Registry, { total, seconds, labels }: DurationMetricsOptions<L>) {
    const series = this.#series;
    const shared = { labelNames: labels, registers: [registry] };
    new Counter({
      ...shared,
      name: total[0],
      help: total[1],
      collect() {
        this.reset();
        for (const { labels, duration } of series) this.inc(labels, duration.count);
      },
    });
    new DurationHistogram(series, { ...shared, name: seconds[0], help: seconds[1] });
  }

  /** The bins of one set of labels; ask once for each and keep them. */
  of(labels: Record<L, string>): Duration {
    const duration = new Duration();
    this.#series.push({ labels, duration });
    return duration;
  }
}
