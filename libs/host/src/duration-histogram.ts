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

  constructor(series: readonly Series<L>[], configuration: Omit<HistogramConfiguration<L>, 'buckets'>) {
    super({ ...configuration, buckets: BOUNDS_MS.map((bound) => bound / 1000) });
    this.#series = series;
  }

  override async get() {
    const exported = await super.get();
    return { ...exported, values: this.#series.flatMap((series) => this.#export(series)) };
  }

  /** The registry prefers this to `get` when it writes the text. */
  getForPromString() {
    return this.get();
  }

  #export({ labels, duration: { counts, seconds } }: Series<L>) {
    const name = (this as unknown as { name: string }).name;
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
}
