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

/** A message from a subscriber to a publisher. */
export interface Confirmation {
  readonly subscriber: string;
  /** Outbox rows that the subscriber has handled or stored in its inbox. */
  readonly ids: readonly number[];
}

/** A message as the queue holds it, with the signature of the module that sent it. */
export type Signed<T> = T & { readonly signature: string };

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
  /** Of an event: how often a process has taken it to handle it without a queue. Of a job: how often it failed. */
  readonly attempts: number;
}

/** A row of the outbox that holds an event. */
export type EventRow = OutboxRow & { readonly aggregate: string; readonly seq: number };

/** Returns whether a row holds an event; the others hold jobs. */
export const isEvent = (row: OutboxRow): row is EventRow => row.aggregate !== null;

/** Converts a row of the publisher's outbox into its event. */
export function deliveryOf(publisher: string, row: EventRow): Delivery {
  const { id, aggregate, seq, type, version, payload, context } = row;
  return { publisher, id, aggregate, seq, type, version, payload, context, at: row.created_at.toISOString() };
}

/** Arguments of BullMQ's `addBulk`. */
export interface BrokerJob {
  readonly name: string;
  readonly data: Signed<Delivery> | Signed<JobDelivery>;
  readonly opts: { readonly jobId: string };
}

/** Signs as the publisher, for a queue. */
export interface Signer {
  event(queue: string, event: Delivery): Signed<Delivery>;
  job(queue: string, job: JobDelivery): Signed<JobDelivery>;
}

/**
 * Converts an outbox row into a job of the broker. The job id is the same each time the row is sent, so the broker ignores
 * one that it still has. It ends with a part of the signature, so that no other job can be added under that id first.
 */
export function brokerJob(publisher: string, row: OutboxRow, signer: Signer): BrokerJob {
  const { id, queue, round } = row;
  const data = isEvent(row)
    ? signer.event(queue, deliveryOf(publisher, row))
    : signer.job(queue, { id, round });
  return { name: row.type, data, opts: { jobId: `${publisher}-${id}-${data.signature.slice(0, 16)}` } };
}
