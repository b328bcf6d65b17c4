import { setTimeout as pause } from 'node:timers/promises';
import { isTransient } from './failure.js';

const MIN_PAUSE_MS = 100;
const MAX_PAUSE_MS = 2_000;

/**
 * Repeats work on a module's tables until its database is reachable. An attempt whose result is not stored would count as one
 * that ended its process.
 * @param stopping ends the repetitions
 * @throws the error of the work, when it is not an outage or the process is stopping
 */
export async function untilReachable<T>(stopping: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (let wait = MIN_PAUSE_MS; ; wait = Math.min(2 * wait, MAX_PAUSE_MS))
    try {
      return await work();
    } catch (error) {
      if (stopping.aborted || !isTransient(error)) throw error;
      await pause(wait, undefined, { signal: stopping, ref: false }).catch(() => undefined);
    }
}
