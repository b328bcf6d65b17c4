import { setTimeout as pause } from 'node:timers/promises';
import { readsOf } from '../support/replicated-database.js';

type Reads = Awaited<ReturnType<typeof readsOf>>;

const AT_ONCE = 20;
const ROUNDS = 25;
const CATCH_UP_TIMEOUT_MS = 60_000;

/** Prints who has served how much. @param nameOf what to call a server */
export function printShares(when: string, reads: Reads, nameOf: (server: string) => string): void {
  const all = reads.reduce((sum, each) => sum + each.reads, 0);
  process.stderr.write(`${all} reads ${when}:\n`);
  for (const { server, route, reads: some } of reads.toSorted((one, other) => other.reads - one.reads))
    process.stderr.write(`${((100 * some) / all).toFixed(1).padStart(5)} % ${nameOf(server)}, as ${route}\n`);
}

/**
 * `strong` reads after the last write, from the moment when a lagging replica has replayed everything.
 * @param late its address
 * @throws Error when it serves nothing even then
 */
export async function readAtRest(url: string, processes: readonly string[], late: string): Promise<Reads> {
  const read = async () => {
    const answer = await fetch(`${url}/api/tags`, { headers: { consistency: 'strong' } });
    await answer.arrayBuffer();
  };
  const readTogether = () => Promise.all(Array.from({ length: AT_ONCE }, read));
  const ofLate = (reads: Reads) => reads.find(({ server }) => server === late)?.reads ?? 0;
  let before = await readsOf(processes);
  const first = ofLate(before);
  for (
    const until = Date.now() + CATCH_UP_TIMEOUT_MS;
    ofLate(before) === first;
    before = await readsOf(processes)
  ) {
    if (Date.now() > until)
      throw new Error(`the lagging replica serves no read ${CATCH_UP_TIMEOUT_MS} ms after the last write`);
    await pause(100);
    await readTogether();
  }
  for (let round = 0; round < ROUNDS; round += 1) await readTogether();
  const known = new Map(before.map(({ server, route, reads }) => [server + route, reads]));
  return (await readsOf(processes))
    .map((each) => ({ ...each, reads: each.reads - (known.get(each.server + each.route) ?? 0) }))
    .filter(({ reads }) => reads > 0);
}
