import { randomUUID } from 'node:crypto';
import { CallContext, Consistency, runCall, SeamError } from '@tearline/seam';
import type { Delivery, DeliveryContext } from '../delivery.js';

export const HANDLER_TIMEOUT_MS = 30_000;

/** How long a handler that was cancelled may take to unwind and give its connection back. */
const UNWIND_TIMEOUT_MS = 1_000;

/** A handler exceeded its timeout. Unlike `deadline-exceeded` from a call that it made, this counts as a failed attempt. */
export class HandlerTimeoutError extends Error {
  override readonly name = 'HandlerTimeoutError';
}

/**
 * Returns the call context of a handler: request id, trace and principal of the publishing call. The idempotency key is the
 * same in every attempt, so that commands to other modules take effect once. Reads are `strong`: they see the write that
 * caused the event.
 */
export function handlerCall(key: string, context: DeliveryContext, timeoutMs: number): CallContext {
  return new CallContext({
    requestId: context.requestId ?? randomUUID(),
    traceparent: context.traceparent,
    principal: context.principal,
    deadline: performance.now() + timeoutMs,
    idempotencyKey: key,
    consistency: new Consistency('strong'),
  });
}

/** Returns the call context of an event's handler. */
export const eventCall = (event: Delivery): CallContext =>
  handlerCall(`event:${event.publisher}:${event.id}`, event.context, HANDLER_TIMEOUT_MS);

/**
 * Runs a handler in its call, and cancels the call with its queries after `timeoutMs` or when `aborting` fires.
 * @throws HandlerTimeoutError after the timeout, whatever error the handler makes of it
 */
export async function runHandler<T>(
  call: CallContext,
  timeoutMs: number,
  aborting: AbortSignal,
  handler: () => Promise<T>,
): Promise<T> {
  const timedOut = Promise.withResolvers<never>();
  const timeoutError = () => new HandlerTimeoutError(`not done within ${timeoutMs} ms`);
  let isLate = false;
  let graceTimer: NodeJS.Timeout | undefined;
  const timer = setTimeout(() => {
    isLate = true;
    call.cancel(new SeamError('deadline-exceeded'));
    graceTimer = setTimeout(() => timedOut.reject(timeoutError()), UNWIND_TIMEOUT_MS);
  }, timeoutMs);
  const cancel = () => call.cancel(new SeamError('cancelled', { message: 'this process shuts down' }));
  if (aborting.aborted) cancel();
  aborting.addEventListener('abort', cancel, { once: true });
  try {
    return await Promise.race([runCall(call, handler), timedOut.promise]);
  } catch (error) {
    throw isLate ? timeoutError() : error;
  } finally {
    clearTimeout(timer);
    clearTimeout(graceTimer);
    aborting.removeEventListener('abort', cancel);
  }
}
