import type { Load } from './load.js';
import type { TestEnvironment } from './test-environment.js';
import { isDelivered, verify, unconfirmed, type Verdict } from './verdict.js';
import { pollUntil } from './waiting.js';

const DEPTHS = /^events_(?:outbox_rows|inbox_waiting|queue_jobs)\{.*\} (\S+)$/gm;
const METRICS_TIMEOUT_MS = 5_000;
const DELIVERY_TIMEOUT_MS = 600_000;

export interface DrainResult extends Verdict {
  /** Seconds from the last write until every effect was there. */
  readonly caughtUp: number;
  /** Outbox rows that were still unconfirmed at the end. */
  readonly unconfirmed: number;
  /** The wait that timed out. */
  readonly problem?: string | undefined;
}

/** Stops the load, waits until everything is delivered and confirmed, and counts effects. */
export async function drain(
  environment: TestEnvironment,
  {
    name,
    load,
    timeoutMs = DELIVERY_TIMEOUT_MS,
  }: { name: string; load: Load; timeoutMs?: number | undefined },
): Promise<DrainResult> {
  await load.stop();
  let problem: string | undefined;
  let caughtUp = Number.NaN;
  try {
    caughtUp = await pollUntil(timeoutMs, 'everything delivered', () => isDelivered(environment, name));
    await pollUntil(timeoutMs, 'everything confirmed', async () => (await unconfirmed(environment)) === 0);
    // A job that is still in a queue may run again.
    await pollUntil(timeoutMs, 'empty queues', () => isWorkerIdle(environment));
  } catch (error) {
    problem = (error as Error).message;
  }
  const verdict = await verify(environment, name, load);
  return { ...verdict, caughtUp, unconfirmed: await unconfirmed(environment), problem };
}

async function isWorkerIdle(environment: TestEnvironment): Promise<boolean> {
  const [url] = environment.ofRole('worker').flatMap((worker) => worker.url ?? []);
  return url !== undefined && isIdle(url);
}

/** Returns whether a process reports empty outboxes, inboxes and queues in its metrics. */
export async function isIdle(url: string): Promise<boolean> {
  const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(METRICS_TIMEOUT_MS) });
  const depths = [...(await response.text()).matchAll(DEPTHS)].map(([, depth]) => Number(depth));
  return depths.length > 0 && depths.every((depth) => depth === 0);
}
