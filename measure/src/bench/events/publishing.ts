import { requestsOf } from '../../kit/endpoints.js';
import { inTurn } from '../../kit/in-turn.js';
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
  const requests = requestsOf('create', samples);
  const publish = (url: string, amount: number) =>
    loadAtRate(url, requests, { perSecond: PER_SECOND, seconds: amount / PER_SECOND });
  for (const { url } of [subscribed, unsubscribed]) await publish(url, count);
  const found = await inTurn([subscribed, unsubscribed], rounds * PARTS, ({ url }) =>
    publish(url, count / PARTS),
  );
  const [p50s, otherP50s] = found.map((parts) => parts.map(({ p50 }) => p50)) as [number[], number[]];
  return {
    subscribed: median(p50s),
    unsubscribed: median(otherP50s),
    ratio: median(p50s.map((p50, turn) => p50 / otherP50s[turn]!)),
    errors: sum(found.flat().map(({ errors }) => errors)),
  };
}
