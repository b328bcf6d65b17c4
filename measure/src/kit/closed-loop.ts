import autocannon, { type Request, type Result } from 'autocannon';
import { headersOf } from './http-request.js';
import type { HttpRequest } from './endpoints.js';
import { quantiles } from './statistics.js';

/** What the client saw. */
export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  /** Milliseconds that half of the requests stayed within, 95 and 99 of 100. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** Answers other than 2xx, lost connections and timeouts. */
  readonly errors: number;
}

/** Sends `amount` requests over many connections at once, each of which has a part of the shots for itself. */
export async function closedLoop(
  url: string,
  shots: readonly HttpRequest[],
  connections: number,
  amount: number,
): Promise<LoadResult> {
  const requests = shots.map(requestOf);
  const times: number[] = [];
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
        setupClient: (one) => one.setRequests(part(requests, client++, connections)),
      },
      (error, result) => (error ? reject(error as Error) : resolve(result)),
    );
    run.on('response', (_client, _status, _bytes, milliseconds) => {
      times.push(milliseconds);
      ended = performance.now();
    });
  });
  return summaryOf(times, ended - started, errors + non2xx);
}

/** @param elapsed milliseconds from the first request to the last answer */
export function summaryOf(times: readonly number[], elapsed: number, errors: number): LoadResult {
  const [p50, p95, p99] = quantiles(times, [0.5, 0.95, 0.99]);
  return {
    requests: times.length,
    perSecond: (times.length / elapsed) * 1000,
    p50: p50!,
    p95: p95!,
    p99: p99!,
    errors,
  };
}

/** An even number of neighbours, since some shots come in pairs. */
function part<T>(list: readonly T[], index: number, parts: number): T[] {
  const size = 2 * Math.floor(list.length / parts / 2);
  if (size === 0) return list.map((_, place) => list[(place + index) % list.length]!);
  return list.slice(index * size, (index + 1) * size);
}

function requestOf(shot: HttpRequest): Request {
  const { method, path, body } = shot;
  const headers = headersOf(shot);
  if (typeof body !== 'function') return { method, path, headers, ...(body && { body }) };
  return { method, path, headers, setupRequest: (request) => ({ ...request, body: body() }) };
}
