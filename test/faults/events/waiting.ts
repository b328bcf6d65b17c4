import { setTimeout as pause } from 'node:timers/promises';

/** @throws Error with the subject after the timeout */
export async function withTimeout<T>(ms: number, subject: string, work: Promise<T>): Promise<T> {
  const stop = new AbortController();
  const tooLate = pause(ms, undefined, { signal: stop.signal }).then(() => {
    throw new Error(`not within ${ms / 1000} s: ${subject}`);
  });
  tooLate.catch(() => undefined);
  return Promise.race([work, tooLate]).finally(() => stop.abort());
}

/** Checks until the result is true; an error counts as false. @returns seconds that this took */
export async function pollUntil(ms: number, subject: string, check: () => Promise<boolean>): Promise<number> {
  const begun = performance.now();
  while (!(await check().catch(() => false))) {
    if (performance.now() - begun > ms) throw new Error(`not within ${ms / 1000} s: ${subject}`);
    await pause(200);
  }
  return (performance.now() - begun) / 1000;
}
