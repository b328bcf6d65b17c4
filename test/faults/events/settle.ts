import type { Load } from './load.js';
import { isQuiet } from './quiet.js';
import type { Rig } from './rig.js';
import { isDelivered, judge, unconfirmed, type Verdict } from './verdict.js';
import { until } from './within.js';

const DELIVERED_MS = 600_000;

export interface Settled extends Verdict {
  /** Seconds from the last write until every effect was there. */
  readonly caughtUp: number;
  /** Deliveries that nobody had confirmed when the time was over. */
  readonly unconfirmed: number;
  /** What did not happen in time. */
  readonly problem?: string | undefined;
}

/** Ends the load, waits until everything is delivered and confirmed, and counts. */
export async function settle(
  rig: Rig,
  { name, load, patience = DELIVERED_MS }: { name: string; load: Load; patience?: number | undefined },
): Promise<Settled> {
  await load.stop();
  let problem: string | undefined;
  let caughtUp = Number.NaN;
  try {
    caughtUp = await until(patience, 'everything delivered', () => isDelivered(rig, name));
    await until(patience, 'everything confirmed', async () => (await unconfirmed(rig)) === 0);
    // What is still in a queue may be done again.
    await until(patience, 'empty queues', () => isWorkerQuiet(rig));
  } catch (error) {
    problem = (error as Error).message;
  }
  const verdict = await judge(rig, name, load);
  return { ...verdict, caughtUp, unconfirmed: await unconfirmed(rig), problem };
}

async function isWorkerQuiet(rig: Rig): Promise<boolean> {
  const [url] = rig.ofRole('worker').flatMap((worker) => worker.url ?? []);
  return url !== undefined && isQuiet(url);
}
