import { Agent, request as sendHttp } from 'node:http';
import { type LoadResult, summarize } from './closed-loop.js';
import { HighResolutionTimer, now } from './high-resolution-timer.js';
import { bodyOf, headersOf, type HttpRequest } from './http-request.js';
import { quantiles } from './statistics.js';

/** A request and when to send it, in milliseconds from the start. */
export interface Arrival<R extends HttpRequest = HttpRequest> {
  readonly at: number;
  readonly request: R;
}

/** The outcome of an arrival. */
export interface TimedResponse<R extends HttpRequest = HttpRequest> extends Arrival<R> {
  /** Milliseconds from the scheduled time, not from the time of sending, to the last byte or the failure. */
  readonly latency: number;
  /** Milliseconds between the scheduled time and the time of sending. */
  readonly delay: number;
  /** 0 when there was no response. */
  readonly status: number;
}

export const isSuccess = ({ status }: Pick<TimedResponse, 'status'>) => status >= 200 && status < 300;

export interface OpenLoopOptions {
  /** Milliseconds that a client waits for a response. */
  readonly timeoutMs?: number;
  /** Ends the load early. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends each request at its scheduled time, whether or not earlier ones are answered. A server that stalls gets as many
 * requests as before, and the time that they wait counts as latency ("coordinated omission" is avoided).
 * @param arrivals in order
 */
export async function openLoop<R extends HttpRequest>(
  url: string,
  arrivals: Iterable<Arrival<R>>,
  { timeoutMs = 10_000, signal }: OpenLoopOptions = {},
): Promise<TimedResponse<R>[]> {
  const agent = new Agent({ keepAlive: true });
  const pending: Promise<TimedResponse<R>>[] = [];
  const iterator = arrivals[Symbol.iterator]();
  const { promise: sent, resolve: finish } = Promise.withResolvers<void>();
  let next = iterator.next();
  const timer = new HighResolutionTimer(() => sendDue());
  await timer.ready();
  const started = now();
  const sendDue = () => {
    for (; !next.done && started + next.value.at <= now(); next = iterator.next())
      pending.push(respond(next.value));
    if (next.done || signal?.aborted) finish();
    else timer.schedule(started + next.value.at);
  };
  const respond = async ({ at, request }: Arrival<R>): Promise<TimedResponse<R>> => {
    const delay = now() - started - at;
    const status = await send(url, request, agent, timeoutMs).catch(() => 0);
    return { at, request, status, delay, latency: now() - started - at };
  };
  sendDue();
  await sent;
  await timer.close();
  const responses = await Promise.all(pending);
  agent.destroy();
  return responses;
}

/** Returns the status. @throws Error when there is no response in time */
function send(url: string, request: HttpRequest, agent: Agent, timeoutMs: number): Promise<number> {
  const { method, path } = request;
  return new Promise((resolve, reject) => {
    const sending = sendHttp(url + path, { method, agent, headers: headersOf(request) }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
      response.once('error', reject);
      response.once('close', () => reject(new Error('connection closed before the end of the response')));
    });
    const timeout = setTimeout(() => sending.destroy(new Error('timeout')), timeoutMs);
    sending.once('close', () => clearTimeout(timeout));
    sending.once('error', reject);
    sending.end(bodyOf(request));
  });
}

/**
 * Generates a Poisson process of arrivals, as independent clients cause it.
 * @param random from 0 to 1
 */
export function* poissonArrivals<R extends HttpRequest>(
  requests: readonly R[],
  perSecond: number,
  seconds: number,
  random: () => number = Math.random,
): Generator<Arrival<R>> {
  let at = 0;
  for (let count = 0; at < seconds * 1000; count += 1) {
    yield { at, request: requests[count % requests.length]! };
    at += (-Math.log(1 - random()) / perSecond) * 1000;
  }
}

/** Requests that arrive at a mean rate. */
export interface RateOptions extends OpenLoopOptions {
  readonly perSecond: number;
  readonly seconds: number;
  readonly random?: () => number;
}

/** Sends requests in turn at a mean rate. */
export const sendAtRate = <R extends HttpRequest>(
  url: string,
  requests: readonly R[],
  { perSecond, seconds, random, ...options }: RateOptions,
): Promise<TimedResponse<R>[]> =>
  openLoop(url, poissonArrivals(requests, perSecond, seconds, random), options);

export interface RateResult extends LoadResult {
  /** The p99 in milliseconds of the time between a request's scheduled time and its sending. */
  readonly delay: number;
}

/** Sends requests in turn at a mean rate, and returns what the clients saw. */
export async function loadAtRate(
  url: string,
  requests: readonly HttpRequest[],
  options: RateOptions,
): Promise<RateResult> {
  const responses = await sendAtRate(url, requests, options);
  const elapsed = Math.max(0, ...responses.map(({ at, latency }) => at + latency));
  const errors = responses.filter((response) => !isSuccess(response)).length;
  const [delay] = quantiles(
    responses.map((response) => response.delay),
    [0.99],
  ) as [number];
  return {
    ...summarize(
      responses.map(({ latency }) => latency),
      elapsed,
      errors,
    ),
    delay,
  };
}
