/** Travels with an event or job: parts of the publishing call, and whether the event is the last one of its aggregate. */
export interface DeliveryContext {
  readonly requestId?: string;
  readonly traceparent?: string;
  readonly principal?: { readonly id: string };
  /** Marks the last event of its aggregate. */
  readonly ends?: true;
}

/** An event for one subscriber, as the queue and the inbox hold it; the handler receives it as a `Message`. */
export interface Delivery {
  readonly publisher: string;
  /** Of the outbox row. */
  readonly id: number;
  readonly aggregate: string;
  readonly seq: number;
  readonly type: string;
  readonly version: number;
  readonly payload: unknown;
  readonly context: DeliveryContext;
  /** Start of the publisher's transaction, ISO 8601. */
  readonly at: string;
}

/** A job, as the queue holds it; its state is in the outbox row. */
export interface JobDelivery {
  readonly id: number;
  /** Counts the requeues and retries of the job. */
  readonly round: number;
}

/** A row of the outbox. */
export interface OutboxRow {
  readonly id: number;
  readonly queue: string;
  /** Null for a job. */
  readonly aggregate: string | null;
  readonly seq: number | null;
  readonly type: string;
  readonly version: number;
  readonly payload: unknown;
  readonly context: DeliveryContext;
  readonly created_at: Date;
  readonly round: number;
}

/** Arguments of BullMQ's `addBulk`. */
export interface BrokerJob {
  readonly name: string;
  readonly data: Delivery | JobDelivery;
  readonly opts: { readonly jobId: string };
}

/**
 * Converts an outbox row into a job of the broker. The job id is the same each time the row is sent, so the broker ignores
 * one that it still has. A requeued job gets a new id by its round: the broker may still hold the previous one.
 */
export function brokerJob(publisher: string, row: OutboxRow): BrokerJob {
  const { id, type, version, payload, context, aggregate, seq, round } = row;
  if (aggregate === null || seq === null)
    return { name: type, data: { id, round }, opts: { jobId: `${publisher}-${id}-${round}` } };
  const at = row.created_at.toISOString();
  const data: Delivery = { publisher, id, aggregate, seq, type, version, payload, context, at };
  return { name: type, data, opts: { jobId: `${publisher}-${id}` } };
}
