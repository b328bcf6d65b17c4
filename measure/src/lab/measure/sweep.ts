import type { Mix, RequestGenerator } from '../load/request-mix';
import type { Swept } from '../results.js';
import { DELAYS, type Schedule } from '../schedule.js';
import type { Site } from '../site.js';
import { randomFrom } from '../stats/random.js';
import { type Observed, pacedBy } from './observe.js';
import { REQUESTS_PER_ROUND, warmUp } from './rounds.js';

export interface SweepOptions {
  readonly schedule: Schedule;
  readonly requests: RequestGenerator;
  readonly mix: Mix;
  readonly connections: number;
  readonly perSecond: number;
  readonly tell: (what: string) => void;
}

/** What a site does under the same load as the network between its hosts gets slower. */
export async function sweep(site: Site, options: SweepOptions): Promise<Swept> {
  const { schedule, requests, mix, perSecond, tell } = options;
  const { seconds, rounds } = schedule.sweep;
  tell(`${site.name}, starting it with proxies between its hosts`);
  const deployment = await site.deploy({ isProxied: true });
  const subject = { site, deployment };
  try {
    await warmUp(subject, options);
    const observed = DELAYS.map((): Observed[] => []);
    let bytes = 0;
    let count = 0;
    for (let round = 0; round < rounds; round += 1) {
      for (const place of DELAYS.keys()) {
        const index = (place + round) % DELAYS.length;
        const delay = DELAYS[index]!;
        // Other requests each time: whoever repeated them would find their answers in the cache.
        const shots = requests.generate(
          mix,
          REQUESTS_PER_ROUND,
          randomFrom(200 + DELAYS.length * round + index),
        );
        tell(`${site.name}, ${delay} ms more a round trip, round ${round + 1} of ${rounds}`);
        await deployment.delay(delay);
        const before = await deployment.bytes();
        // The same arrivals for each delay.
        const random = randomFrom(3000 + round);
        const found = await pacedBy(subject, shots, { perSecond, seconds, random });
        observed[index]!.push(found);
        bytes += (await deployment.bytes()) - before;
        count += found.requests;
      }
    }
    return {
      bytes: bytes / count,
      delays: DELAYS.map((milliseconds, index) => ({ milliseconds, rounds: observed[index]! })),
    };
  } finally {
    await deployment.stop();
  }
}
