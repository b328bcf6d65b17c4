import type { HttpRequest } from '../../kit/endpoints.js';
import { type LoadResult, summaryOf } from '../../kit/closed-loop.js';
import { type Arrival, isSuccess, openLoop } from '../../kit/open-loop.js';

/**
 * Sends requests at this rate on average, each when its time has come and not when another one is answered.
 * @param signal ends it before its time
 */
export async function pace(
  url: string,
  shots: readonly HttpRequest[],
  perSecond: number,
  seconds: number,
  signal?: AbortSignal,
): Promise<LoadResult> {
  const answers = await openLoop(url, arrivals(shots, perSecond, seconds), { signal });
  const elapsed = Math.max(0, ...answers.map(({ at, milliseconds }) => at + milliseconds));
  const errors = answers.filter((answer) => !isSuccess(answer)).length;
  return summaryOf(
    answers.map(({ milliseconds }) => milliseconds),
    elapsed,
    errors,
  );
}

/**
 * Requests of clients who come independently of one another.
 * @param random from 0 to 1
 */
export function* arrivals<S extends HttpRequest>(
  shots: readonly S[],
  perSecond: number,
  seconds: number,
  random: () => number = Math.random,
): Generator<Arrival<S>> {
  let at = 0;
  for (let count = 0; at < seconds * 1000; count += 1) {
    yield { at, request: shots[count % shots.length]! };
    at += (-Math.log(1 - random()) / perSecond) * 1000;
  }
}
