import type { Delivery, DeliveryContext, JobDelivery } from './delivery.js';

/** A row of the outbox, as the relay reads it. */
export interface OutboxRow {
  readonly id: number;
  readonly queue: string;
  /** Null for a job of the module's own. */
  readonly aggregate: string | null;
  readonly seq: number | null;
  readonly type: string;
  readonly version: number;
  readonly payload: unknown;
  readonly context: DeliveryContext;
  readonly created_at: Date;
  readonly round: number;
}

/** A job as BullMQ adds it. */
export interface BrokerJob {
  readonly name: string;
  readonly data: Delivery | JobDelivery;
  readonly opts: { readonly jobId: string };
}

/**
 * A row as a job of the broker. Its id is the same in every repetition, so the broker ignores one that it has; a job's
 * next round is another one, since the former is not gone yet when the next is sent.
 */
export function brokerJob(publisher: string, row: OutboxRow): BrokerJob {
  const { id, type, version, payload, context, aggregate, seq } = row;
  if (aggregate === null || seq === null)
    return { name: type, data: { id }, opts: { jobId: `${publisher}-${id}-${row.round}` } };
  const at = row.created_at.toISOString();
  const data: Delivery = { publisher, id, aggregate, seq, type, version, payload, context, at };
  return { name: type, data, opts: { jobId: `${publisher}-${id}` } };
}
