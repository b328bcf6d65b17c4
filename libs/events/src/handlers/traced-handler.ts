import { currentCall, endWith, runCall, type SpanAttributes, type Tracer } from '@tearline/seam';

/** An event or a job, as its spans name it. */
export interface TracedMessage {
  /** Of the event, or of the job's queue. */
  readonly name: string;
  /** The module that handles it. */
  readonly module: string;
  readonly id: string;
  readonly sentAt: Date;
  /** Whether it comes from a schedule, and so begins a trace. */
  readonly isScheduled?: boolean;
}

/** What the spans of an event or a job have in common. */
export const messagingAttributes = (name: string, operation: string, type: string): SpanAttributes => ({
  'messaging.system': 'tearline',
  'messaging.destination.name': name,
  'messaging.operation.name': operation,
  'messaging.operation.type': type,
});

/**
 * Runs a handler in the current call within two spans: `deliver`, which lasts from the sender's transaction until now, whether there
 * was a queue or none, and below it `process`. Statements that receive and confirm the message are no part of them.
 */
export async function traceHandler<T>(
  tracer: Tracer | undefined,
  { name, module, id, sentAt, isScheduled }: TracedMessage,
  handle: () => Promise<T>,
): Promise<T> {
  const call = currentCall();
  if (!tracer || !call) return handle();
  const attributes = { 'messaging.message.id': id, 'messaging.consumer.group.name': module };
  const delivery = {
    name: `deliver ${name}`,
    kind: 'consumer' as const,
    // The clock of the database may be ahead.
    startTime: Math.min(sentAt.getTime(), Date.now()),
    attributes: { ...messagingAttributes(name, 'deliver', 'receive'), ...attributes },
  };
  const { traceparent } = call;
  const delivered =
    traceparent === undefined ? isScheduled && tracer.begin(delivery) : tracer.join(delivery, traceparent);
  if (!delivered) return handle();
  delivered.end();
  const span = delivered.startChild({
    name: `process ${name}`,
    kind: 'consumer',
    attributes: { ...messagingAttributes(name, 'process', 'process'), ...attributes },
  });
  const context = call.withSpan(span);
  return endWith(span, runCall(context, handle)).finally(() => context.end());
}
