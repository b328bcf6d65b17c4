/** One sample of a Prometheus metric. */
export interface MetricSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Returns the samples of a metric that a server exposes at `/metrics`; none when it has no such metric. */
export async function readMetric(url: string, name: string): Promise<MetricSample[]> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return [...text.matchAll(new RegExp(`^${name}(?:\\{(.*)\\})? (\\S+)$`, 'gm'))].map(
    ([, labels = '', value]) => ({
      labels: Object.fromEntries(
        [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, text]) => [key, text]),
      ),
      value: Number(value),
    }),
  );
}

/** Returns the sum of the samples whose labels match. */
export const sumSamples = (samples: readonly MetricSample[], labels: Readonly<Record<string, string>> = {}) =>
  samples
    .filter((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
    .reduce((sum, { value }) => sum + value, 0);

/** Returns the calls between modules so far, in the caller's process and to another one. */
export async function seamCalls(urls: readonly string[]): Promise<{ local: number; remote: number }> {
  const samples = (await Promise.all(urls.map((url) => readMetric(url, 'seam_calls_total')))).flat();
  return {
    local: sumSamples(samples, { placement: 'local' }),
    remote: sumSamples(samples, { placement: 'remote' }),
  };
}
