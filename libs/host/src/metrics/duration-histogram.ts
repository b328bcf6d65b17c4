import { Histogram, type HistogramConfiguration } from 'prom-client';
import { BOUNDS_MS, type Duration } from './duration.js';

/** Durations under one set of labels. */
export interface Series<L extends string> {
  labels: Record<L, string>;
  duration: Duration;
}

/** A histogram that is not observed but reads its bins when somebody scrapes it. */
export class DurationHistogram<L extends string> extends Histogram<L> {
  readonly #series: readonly Series<L>[];
  readonly #configuration: HistogramConfiguration<L>;

  constructor(series: readonly Series<L>[], configuration: HistogramConfiguration<L>) {
    super(configuration);
    this.#series = series;
    this.#configuration = configuration;
  }

  /** What both of the library's exports, as text and as JSON, are made from. */
  async getForPromString() {
    const { name, help } = this.#configuration;
    const values = this.#series.flatMap((series) => exported(name, series));
    return { name, help, type: 'histogram', aggregator: 'sum', values };
  }
}

function exported<L extends string>(name: string, { labels, duration: { counts, seconds } }: Series<L>) {
  let count = 0;
  const buckets = [...counts].map((each, bin) => {
    count += each;
    const le = bin < BOUNDS_MS.length ? BOUNDS_MS[bin]! / 1000 : '+Inf';
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: count };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: seconds },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
