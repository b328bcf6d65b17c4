import autocannon, { type Request, type Result } from 'autocannon';
import { headersOf, type HttpRequest } from './http-request.js';
import { quantiles } from './statistics.js';

/** What the clients of a load saw. */
export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  /** Latency in milliseconds. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** Responses other than 2xx, lost connections and timeouts. */
  readonly errors: number;
}

export interface ClosedLoopOptions {
  /** Connections that send at the same time. */
  readonly connections: number;
  /** Requests altogether. */
  readonly amount: number;
}

/**
 * Sends requests over several connections, each of which sends the next one when the last is answered. Each connection
 * has its own part of the requests.
 */
export async function closedLoop(
  url: string,
  requests: readonly HttpRequest[],
  { connections, amount }: ClosedLoopOptions,
): Promise<LoadResult> {
  const prepared = requests.map(toAutocannon);
  const latencies: number[] = [];
  const started = performance.now();
  let ended = started;
  let client = 0;
  const { errors, non2xx } = await new Promise<Result>((resolve, reject) => {
    const run = autocannon(
      {
        url,
        connections,
        amount: Math.max(Math.ceil(amount), connections),
        sampleInt: 100,
        setupClient: (one) => one.setRequests(partOf(prepared, client++, connections)),
      },
      (error, result) => (error ? reject(error as Error) : resolve(result)),
    );
    run.on('response', (_client, _status, _bytes, milliseconds) => {
      latencies.push(milliseconds);
      ended = performance.now();
    });
  });
  return summarize(latencies, ended - started, errors + non2xx);
}

/**
 * Loads a server until its code is compiled and its caches are full.
 * @param seconds of each step
 * @returns the requests that it answers in a second
 */
export async function warmUp(
  url: string,
  requests: readonly HttpRequest[],
  connections: number,
  seconds: readonly number[],
): Promise<number> {
  let { perSecond } = await closedLoop(url, requests, { connections, amount: connections * 2 });
  for (const each of seconds)
    ({ perSecond } = await closedLoop(url, requests, { connections, amount: perSecond * each }));
  return perSecond;
}

/** @param elapsed milliseconds from the first request to the last response */
export function summarize(latencies: readonly number[], elapsed: number, errors: number): LoadResult {
  const [p50, p95, p99] = quantiles(latencies, [0.5, 0.95, 0.99]) as [number, number, number];
  return {
    requests: latencies.length,
    perSecond: (latencies.length / elapsed) * 1000,
    p50,
    p95,
    p99,
    errors,
  };
}

/** Returns an even number of neighbours, since some requests come in pairs. */
function partOf<T>(list: readonly T[], index: number, parts: number): T[] {
  const size = 2 * Math.floor(list.length / parts / 2);
  if (size === 0) return list.map((_, at) => list[(at + index) % list.length]!);
  return list.slice(index * size, (index + 1) * size);
}

function toAutocannon(request: HttpRequest): Request {
  const { method, path, body } = request;
  const common = { method, path, headers: headersOf(request) };
  if (typeof body !== 'function') return { ...common, ...(body && { body }) };
  return { ...common, setupRequest: (one) => ({ ...one, body: body() }) };
}
