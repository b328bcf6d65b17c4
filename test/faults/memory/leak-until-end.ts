import { setTimeout as pause } from 'node:timers/promises';
import type { RunningApp } from '../../support/running-app.js';

/** Between two requests, so that memory grows by some tens of MiB a second. */
const PAUSE_MS = 50;
const TIMEOUT_MS = 60_000;

/**
 * Sends requests that leak until the process has ended.
 * @param leak as in `leaks.ts`, e.g. `heap 2`
 * @throws Error when it has not ended within a minute
 */
export async function leakUntilEnd(
  { url, exited }: Pick<RunningApp, 'url' | 'exited'>,
  path: string,
  leak: string,
): Promise<void> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  while (!timeout.aborted) {
    const ended = await Promise.race([exited, request(`${url}${path}`, leak, timeout)]);
    if (ended !== undefined) return;
    await pause(PAUSE_MS);
  }
  throw new Error(`the process with the leak '${leak}' has not ended within ${TIMEOUT_MS} ms`);
}

async function request(url: string, leak: string, signal: AbortSignal): Promise<undefined> {
  await fetch(url, { headers: { 'x-leak': leak }, signal }).then(
    (response) => response.arrayBuffer(),
    () => undefined,
  );
  return undefined;
}
