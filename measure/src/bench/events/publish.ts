import { endpoints } from '../../kit/endpoints.js';
import type { LoadResult } from '../../kit/closed-loop.js';
import { median } from '../median.js';
import type { Samples } from '../../kit/samples.js';
import { pace } from '../split/pace.js';
import type { Hosts } from './hosts.js';

/** So slow that requests do not wait for one another. */
const PER_SECOND = 20;
/** Of a round; what else goes on changes from one second to the next, so short parts take turns. */
const PARTS = 5;

/** Milliseconds that half of the publications took, and errors, with events and without. */
export interface Publishing {
  readonly told: number;
  readonly untold: number;
  /** The median of `told / untold` over all parts. */
  readonly ratio: number;
  readonly errors: number;
}

/** Publishes articles at both hosts in turn, at the same rate. */
export async function publishing(
  { told, untold }: Hosts,
  samples: Samples,
  { samples: count, rounds }: { samples: number; rounds: number },
): Promise<Publishing> {
  const shots = endpoints.find(({ name }) => name === 'create')!.requests(samples);
  const part = (url: string) => pace(url, shots, PER_SECOND, count / PARTS / PER_SECOND);
  for (const { url } of [told, untold]) await pace(url, shots, PER_SECOND, count / PER_SECOND);
  const all: { told: LoadResult; untold: LoadResult }[] = [];
  for (let turn = 0; turn < rounds * PARTS; turn += 1) {
    // Who comes first finds the database in another state than who comes second.
    const first = turn % 2 === 0 ? told : untold;
    const one = await part(first.url);
    const other = await part((first === told ? untold : told).url);
    all.push(first === told ? { told: one, untold: other } : { told: other, untold: one });
  }
  return {
    told: median(all.map((each) => each.told.p50)),
    untold: median(all.map((each) => each.untold.p50)),
    ratio: median(all.map((each) => each.told.p50 / each.untold.p50)),
    errors: all.reduce((sum, each) => sum + each.told.errors + each.untold.errors, 0),
  };
}
