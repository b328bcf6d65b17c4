import { Counter, Histogram, type HistogramConfiguration, type Registry } from 'prom-client';

/** Upper bounds of the buckets, in milliseconds: a local call takes microseconds, a login tens of milliseconds. */
export const BUCKET_BOUNDS_MS = [
  0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000,
];

/** The buckets of one histogram. An observation costs about 20 ns; one with prom-client's histogram, 800 ns. */
export class DurationBuckets {
  /** Observations by bucket, not cumulative; the last bucket is above all bounds. */
  readonly counts = new Float64Array(BUCKET_BOUNDS_MS.length + 1);
  seconds = 0;

  add(milliseconds: number): void {
    let index = 0;
    while (index < BUCKET_BOUNDS_MS.length && milliseconds > BUCKET_BOUNDS_MS[index]!) index += 1;
    this.counts[index]! += 1;
    this.seconds += milliseconds / 1000;
  }

  get count(): number {
    return this.counts.reduce((sum, each) => sum + each, 0);
  }
}

/** Names and labels of the two metrics. */
export interface DurationMetricsOptions<L extends string> {
  /** Name and help of the counter. */
  total: readonly [name: string, help: string];
  /** Name and help of the histogram, in seconds. */
  seconds: readonly [name: string, help: string];
  labels: readonly L[];
}

/** A counter and a histogram of the same observations, both computed when Prometheus scrapes them. */
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

  /** Creates the buckets of one set of labels; call it once for each set. */
  of(labels: Record<L, string>): DurationBuckets {
    const duration = new DurationBuckets();
    this.#series.push({ labels, duration });
    return duration;
  }
}

/** The durations of one set of labels. */
interface Series<L extends string> {
  labels: Record<L, string>;
  duration: DurationBuckets;
}

/** A histogram that reads its buckets when Prometheus scrapes it. */
class DurationHistogram<L extends string> extends Histogram<L> {
  readonly #series: readonly Series<L>[];
  readonly #configuration: HistogramConfiguration<L>;

  constructor(series: readonly Series<L>[], configuration: HistogramConfiguration<L>) {
    super(configuration);
    this.#series = series;
    this.#configuration = configuration;
  }

  /** Returns the samples; prom-client calls it for its text and its JSON format. */
  async getForPromString() {
    const { name, help } = this.#configuration;
    const values = this.#series.flatMap((series) => samplesOf(name, series));
    return { name, help, type: 'histogram', aggregator: 'sum', values };
  }
}

function samplesOf<L extends string>(name: string, { labels, duration: { counts, seconds } }: Series<L>) {
  let count = 0;
  const buckets = [...counts].map((each, index) => {
    count += each;
    const le = index < BUCKET_BOUNDS_MS.length ? BUCKET_BOUNDS_MS[index]! / 1000 : '+Inf';
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: count };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: seconds },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
