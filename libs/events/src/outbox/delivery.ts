/** What of the publishing call travels with an event or job. */
export interface DeliveryContext {
  readonly requestId?: string;
  readonly traceparent?: string;
  readonly principal?: { readonly id: string };
  /** The last event of its aggregate. */
  readonly ends?: true;
}

/** An event on its way to one subscriber: what the broker carries, and what an inbox keeps. */
export interface Delivery {
  readonly publisher: string;
  /** The outbox row's. */
  readonly id: number;
  readonly aggregate: string;
  readonly seq: number;
  readonly type: string;
  readonly version: number;
  readonly payload: unknown;
  readonly context: DeliveryContext;
  /** When it was published, ISO 8601. */
  readonly at: string;
}

/** A job on its way: all that counts is in its outbox row. */
export interface JobDelivery {
  readonly id: number;
}
