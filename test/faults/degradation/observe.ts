import { setTimeout as pause } from 'node:timers/promises';
import type { RunningTopology } from '../../support/running-topology.js';
import { type Outcome, outcomesOf } from './outcome.js';
import type { Site } from './site.js';
import { type Absence, whileAway } from './take-away.js';

/** The outcome of each operation, by its name. */
export type Outcomes = Readonly<Record<string, Outcome>>;

const WARM_UP_TIMEOUT_MS = 60_000;
const WARM_UP_INTERVAL_MS = 500;
/** So many take longer than the time after which a host looks for the position of its database. */
const WARM_UP_ROUNDS = 12;

/**
 * Sends the operations until all of them work, and each round asks the module as often as the one before: what can be cached is. A host
 * learns the position of its database now and then, and an answer from before that does not serve those who have written meanwhile.
 * @throws Error that names those that fail
 */
async function warmUp(topology: RunningTopology, site: Site, module: string): Promise<void> {
  const giveUpAt = performance.now() + WARM_UP_TIMEOUT_MS;
  const asked: number[] = [];
  for (let settled = 0; settled < WARM_UP_ROUNDS;) {
    const before = await answersAsked(topology, module);
    const outcomes = Object.entries(await outcomesOf(site.operations));
    const failing = outcomes.filter(([, outcome]) => outcome !== 'works');
    asked.push((await answersAsked(topology, module)) - before);
    settled = failing.length === 0 && asked.at(-1) === asked.at(-2) ? settled + 1 : 0;
    if (performance.now() > giveUpAt)
      throw new Error(
        `with all hosts there, not all is well: ${failing.join('; ')}; '${module}' was asked ${asked.join(', ')} times`,
      );
    await pause(WARM_UP_INTERVAL_MS);
  }
}

/** Sends each operation while a host is away. */
export async function observe(
  topology: RunningTopology,
  site: Site,
  host: string,
  absence: Absence,
): Promise<Outcomes> {
  await warmUp(topology, site, host);
  return whileAway(topology, host, absence, () => outcomesOf(site.operations));
}

/** Returns how often hosts have asked a module for an answer that may be cached. */
async function answersAsked({ hosts }: RunningTopology, module: string): Promise<number> {
  let sum = 0;
  for (const { url } of hosts) {
    const text = await (await fetch(`${url}/metrics`)).text();
    for (const line of text.split('\n'))
      if (
        line.startsWith('seam_answers_total{') &&
        line.includes('source="asked"') &&
        line.includes(`="${module}"`)
      )
        sum += Number(line.split(' ').at(-1));
  }
  return sum;
}
