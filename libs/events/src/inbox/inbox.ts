import type { DataSource, EntityManager } from 'typeorm';
import type { FailureKind } from '../handlers/failure.js';
import type { Delivery } from '../delivery.js';

/** Failed attempts after which an event is a dead letter. */
const MAX_ATTEMPTS = 8;
const DUE_BATCH = 100;

/** What the inbox says about an event that has arrived. */
export type Reception = 'handle' | 'duplicate' | 'stored';

/** A stored event that this process has claimed for an attempt. */
export interface Claim {
  readonly delivery: Delivery;
  /** Earlier claims in a row without a result: the process ended during the attempt. */
  readonly crashes: number;
  readonly receivedAt: Date;
}

/** The state of an event after a failed attempt. */
export interface StoredFailure {
  readonly state: 'waiting' | 'dead' | 'handled';
  readonly attempts: number;
  readonly waitMs: number;
}

/**
 * A module's inbox tables: how far it has handled each aggregate, and the events that it cannot handle yet. The logic is in
 * the SQL functions of `inbox-functions.ts`, one round trip for each step.
 */
export class Inbox {
  /** @param schema quoted */
  constructor(
    private readonly database: DataSource,
    private readonly schema: string,
  ) {}

  /** First statement of the handler's transaction. After `handle`, its commit marks the event as handled. */
  async receive(manager: EntityManager, delivery: Delivery): Promise<Reception> {
    const [row] = await manager.query<{ reception: Reception }[]>(
      `select ${this.schema}.receive_event($1, $2, $3, $4) as reception`,
      [delivery.publisher, delivery.aggregate, delivery.seq, JSON.stringify(delivery)],
    );
    return row!.reception;
  }

  /** Claims the stored event that is next in its aggregate, if there is one and it is due. */
  async claim(publisher: string, aggregate: string): Promise<Claim | undefined> {
    const [row] = await this.database.query<{ event: Delivery; claims: number; received_at: Date }[]>(
      `select event, claims, received_at from ${this.schema}.claim_event($1, $2)`,
      [publisher, aggregate],
    );
    return row && { delivery: row.event, crashes: row.claims - 1, receivedAt: row.received_at };
  }

  /** Stores an event whose attempt failed: waiting for the next one, or dead with its aggregate parked. */
  async fail(delivery: Delivery, error: string, kind: FailureKind): Promise<StoredFailure> {
    const [row] = await this.database.query<
      { state: StoredFailure['state']; attempts: number; wait_ms: number }[]
    >(`select state, attempts, wait_ms from ${this.schema}.fail_event($1, $2, $3, $4, $5, $6, $7)`, [
      delivery.publisher,
      delivery.aggregate,
      delivery.seq,
      JSON.stringify(delivery),
      error,
      kind,
      MAX_ATTEMPTS,
    ]);
    return { state: row!.state, attempts: row!.attempts, waitMs: row!.wait_ms };
  }

  /** Returns aggregates whose next stored event is due, and those with stored events that have been handled already. */
  due(): Promise<{ publisher: string; aggregate: string }[]> {
    return this.database.query(
      `select i.publisher, i.aggregate
       from ${this.schema}.inbox i left join ${this.schema}.inbox_cursors c using (publisher, aggregate)
       where i.seq <= c.last
         or (i.state = 'waiting' and i.seq = coalesce(c.last, 0) + 1 and c.parked_at is null and i.next_at <= now())
       order by i.next_at limit ${DUE_BATCH}`,
    );
  }
}
