import { request } from 'node:http';

const TIMEOUT_MS = 10_000;

export interface SteadyOptions {
  readonly url: string;
  /** The address that the requests come from. */
  readonly from: string;
  readonly perSecond: number;
  readonly paths: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** The outcome of requests that were sent at a steady rate, each over a new connection. */
export interface SteadyResult {
  readonly sent: number;
  /** By status; 0 for no response in time. */
  readonly failed: Readonly<Record<number, number>>;
  /** Milliseconds from the scheduled time to the last byte. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Sends requests until `until` resolves. Whether earlier ones are answered makes no difference. */
export async function sendSteadily(options: SteadyOptions, until: Promise<unknown>): Promise<SteadyResult> {
  const { perSecond, paths } = options;
  const failed: Record<number, number> = {};
  const latencies: number[] = [];
  const pending: Promise<void>[] = [];
  const started = performance.now();
  const sendDue = () => {
    for (; started + (pending.length * 1_000) / perSecond <= performance.now();) {
      const due = started + (pending.length * 1_000) / perSecond;
      const path = paths[pending.length % paths.length]!;
      pending.push(
        send(path, options).then((status) => {
          latencies.push(performance.now() - due);
          if (status !== 200) failed[status] = (failed[status] ?? 0) + 1;
        }),
      );
    }
  };
  const timer = setInterval(sendDue, 5);
  await until;
  clearInterval(timer);
  await Promise.all(pending);
  latencies.sort((one, next) => one - next);
  const quantile = (part: number) => latencies[Math.ceil(part * latencies.length) - 1] ?? 0;
  return { sent: pending.length, failed, p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) };
}

function send(path: string, { url, from, headers = {} }: SteadyOptions): Promise<number> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    request(url + path, { agent: false, localAddress: from, headers, signal }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.complete ? response.statusCode! : 0));
      response.once('close', () => resolve(0));
    })
      .once('error', () => resolve(0))
      .end();
  });
}
