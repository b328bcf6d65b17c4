import { endpoints } from '../../kit/endpoints.js';
import { loadAtRate } from '../../kit/open-loop.js';
import type { Samples } from '../../kit/samples.js';
import { median, sum } from '../../kit/statistics.js';
import type { Hosts } from './hosts.js';

/** So slow that requests do not wait for one another. */
const PER_SECOND = 20;
/** Parts of a round: background activity varies from second to second, so both hosts take turns in short parts. */
const PARTS = 5;

/** The p50 of publishing in milliseconds, with subscribers and without. */
export interface Publishing {
  readonly subscribed: number;
  readonly unsubscribed: number;
  /** The median of `subscribed / unsubscribed` over all parts. */
  readonly ratio: number;
  readonly errors: number;
}

/** Publishes articles at both hosts in turn, at the same rate. */
export async function measurePublishing(
  { subscribed, unsubscribed }: Hosts,
  samples: Samples,
  { samples: count, rounds }: { samples: number; rounds: number },
): Promise<Publishing> {
  const requests = endpoints.find(({ name }) => name === 'create')!.requests(samples);
  const publish = (url: string, amount: number) =>
    loadAtRate(url, requests, { perSecond: PER_SECOND, seconds: amount / PER_SECOND });
  for (const { url } of [subscribed, unsubscribed]) await publish(url, count);
  const [p50s, otherP50s]: [number[], number[]] = [[], []];
  const errors: number[] = [];
  for (let turn = 0; turn < rounds * PARTS; turn += 1) {
    const hosts = [
      [subscribed, p50s],
      [unsubscribed, otherP50s],
    ] as const;
    // The order alternates, since the first one leaves rows behind that the second one finds.
    for (const [{ url }, found] of turn % 2 === 0 ? hosts : hosts.toReversed()) {
      const result = await publish(url, count / PARTS);
      found.push(result.p50);
      errors.push(result.errors);
    }
  }
  return {
    subscribed: median(p50s),
    unsubscribed: median(otherP50s),
    ratio: median(p50s.map((p50, turn) => p50 / otherP50s[turn]!)),
    errors: sum(errors),
  };
}
