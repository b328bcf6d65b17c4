import { type CallContext, runCall, SeamError } from '@tearline/seam';

/** For work that notices its end: to unwind, and give its connection back. */
const GRACE_MS = 1_000;

/** Work that took longer than it may. Unlike a call that did, this is the work's own failure, and counts. */
export class TookTooLong extends Error {
  override readonly name = 'TookTooLong';
}

/**
 * Runs `work` for a call, and stops the call with its queries when its time is over, or `cutting` aborts.
 * @throws TookTooLong when the time was over, whatever `work` makes of that
 */
export async function inTime<T>(
  call: CallContext,
  timeoutMs: number,
  cutting: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  let isLate = false;
  let giveUp: NodeJS.Timeout | undefined;
  const tooLate = () => new TookTooLong(`not done within ${timeoutMs} ms`);
  const timer = setTimeout(() => {
    isLate = true;
    call.cancel(new SeamError('deadline-exceeded'));
    giveUp = setTimeout(() => late.reject(tooLate()), GRACE_MS);
  }, timeoutMs);
  const cut = () => call.cancel(new SeamError('cancelled', { message: 'this process shuts down' }));
  if (cutting.aborted) cut();
  cutting.addEventListener('abort', cut, { once: true });
  try {
    return await Promise.race([runCall(call, work), late.promise]);
  } catch (error) {
    throw isLate ? tooLate() : error;
  } finally {
    clearTimeout(timer);
    clearTimeout(giveUp);
    cutting.removeEventListener('abort', cut);
  }
}
