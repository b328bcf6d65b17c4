import { seededRandom } from '../../kit/statistics.js';
import type { NetworkResult } from '../results.js';
import { DELAYS } from '../schedule.js';
import type { Stack } from '../stack.js';
import { REQUESTS_PER_ROUND, type StageMeasurement } from './measurement.js';
import { measureAtRate, type Round } from './round.js';
import { warmUpTarget } from './warm-up.js';

/** Measures a stack under the same load with several delays of the network between its hosts. */
export async function measureNetwork(stack: Stack, measurement: StageMeasurement): Promise<NetworkResult> {
  const { schedule, generator, mix, perSecond, progress } = measurement;
  const { seconds, rounds } = schedule.network;
  progress(`${stack.name}, starting it with proxies between its hosts`);
  const target = await stack.deploy({ isProxied: true });
  try {
    await warmUpTarget(target, measurement);
    const found = DELAYS.map((): Round[] => []);
    let [bytes, count] = [0, 0];
    for (let round = 0; round < rounds; round += 1)
      for (const position of DELAYS.keys()) {
        const index = (position + round) % DELAYS.length;
        const delay = DELAYS[index]!;
        // New requests for each delay, since the cache answers repeated ones; the same arrivals.
        const seed = 200 + DELAYS.length * round + index;
        const requests = generator.generate(mix, REQUESTS_PER_ROUND, seededRandom(seed));
        const random = seededRandom(3000 + round);
        progress(`${stack.name}, round trip + ${delay} ms, round ${round + 1} of ${rounds}`);
        target.network.roundTrip = delay;
        const before = target.network.bytes;
        const result = await measureAtRate(target, requests, { perSecond, seconds, random });
        found[index]!.push(result);
        bytes += target.network.bytes - before;
        count += result.requests;
      }
    const delays = DELAYS.map((milliseconds, index) => ({ milliseconds, rounds: found[index]! }));
    return { bytes: bytes / count, delays };
  } finally {
    await target.stop();
  }
}
