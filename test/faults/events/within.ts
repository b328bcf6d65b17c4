import { setTimeout as pause } from 'node:timers/promises';

/** @throws Error that names what did not happen in time */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  const stop = new AbortController();
  const tooLate = pause(ms, undefined, { signal: stop.signal }).then(() => {
    throw new Error(`not within ${ms / 1000} s: ${what}`);
  });
  tooLate.catch(() => undefined);
  return Promise.race([work, tooLate]).finally(() => stop.abort());
}

/** Asks again and again; a question that fails is asked again, too. @returns seconds until the answer was yes */
export async function until(ms: number, what: string, ask: () => Promise<boolean>): Promise<number> {
  const begun = performance.now();
  while (!(await ask().catch(() => false))) {
    if (performance.now() - begun > ms) throw new Error(`not within ${ms / 1000} s: ${what}`);
    await pause(200);
  }
  return (performance.now() - begun) / 1000;
}
