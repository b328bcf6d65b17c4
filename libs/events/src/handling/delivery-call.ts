import { randomUUID } from 'node:crypto';
import { CallContext, Consistency } from '@tearline/seam';
import type { DeliveryContext } from '../outbox/delivery.js';

/**
 * The call that a handler works in: it goes on for whoever caused the event. Its key is the same in every repetition,
 * so the commands it sends take effect once. It reads what has caused the event, whoever wrote that.
 */
export function deliveryCall(key: string, context: DeliveryContext, timeoutMs: number): CallContext {
  return new CallContext({
    requestId: context.requestId ?? randomUUID(),
    traceparent: context.traceparent,
    principal: context.principal,
    deadline: performance.now() + timeoutMs,
    idempotencyKey: key,
    consistency: new Consistency('strong'),
  });
}
