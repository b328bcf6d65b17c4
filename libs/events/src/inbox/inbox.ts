import type { DataSource, EntityManager } from 'typeorm';
import type { FailureKind } from '../handlers/failure.js';
import type { Delivery } from '../delivery.js';

/** Failed attempts after which an event is a dead letter. */
const MAX_ATTEMPTS = 8;
const DUE_BATCH = 100;
const BATCH_LOCK_TIMEOUT_MS = 200;

/** What the inbox says about an event that has arrived. */
export type Reception = 'handle' | 'duplicate' | 'stored';

/** A stored event that this process has claimed for an attempt. */
export interface Claim {
  readonly delivery: Delivery;
  /** Earlier claims in a row without a result: the process ended during the attempt. */
  readonly crashes: number;
  readonly receivedAt: Date;
}

/** An aggregate with a stored event to handle. */
export interface DueAggregate {
  readonly publisher: string;
  readonly aggregate: string;
  /** Whether a process has ended during an attempt at that event. */
  readonly isSuspect: boolean;
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

  /**
   * Receives several events in their order, as `receive` does: one statement. The transaction then waits a moment at most for locks:
   * two batches may wait for each other.
   * @returns what the inbox says about each
   */
  async receiveAll(manager: EntityManager, deliveries: readonly Delivery[]): Promise<Reception[]> {
    const rows = await manager.query<{ reception: Reception }[]>(
      `with lock_timeout as materialized (select set_config('lock_timeout', '${BATCH_LOCK_TIMEOUT_MS}', true))
       select ${this.schema}.receive_event(e->>'publisher', e->>'aggregate', (e->>'seq')::bigint, e) as reception
       from lock_timeout, jsonb_array_elements($1::jsonb) with ordinality as event (e, place) order by place`,
      [JSON.stringify(deliveries)],
    );
    return rows.map(({ reception }) => reception);
  }

  /** Stores an event whose process has ended during its first attempt, as one that was claimed then. */
  async storeAfterCrash(delivery: Delivery): Promise<void> {
    const { publisher, aggregate, seq } = delivery;
    // An insert would wait for a transaction that is deleting the row.
    await this.database.query(
      `insert into ${this.schema}.inbox (publisher, aggregate, seq, event, claims)
       select $1, $2, $3, $4, 1 where not exists (
         select from ${this.schema}.inbox where publisher = $1 and aggregate = $2 and seq = $3
         union all
         select from ${this.schema}.inbox_cursors where publisher = $1 and aggregate = $2 and last >= $3
       )
       on conflict do nothing`,
      [publisher, aggregate, seq, JSON.stringify(delivery)],
    );
  }

  /** Gives a claim back that was not used. */
  async release({ delivery: { publisher, aggregate, seq } }: Claim): Promise<void> {
    await this.database.query(
      `update ${this.schema}.inbox set claims = claims - 1, next_at = now()
       where publisher = $1 and aggregate = $2 and seq = $3 and claims > 0`,
      [publisher, aggregate, seq],
    );
  }

  /** Returns those of the events' aggregates that have stored events. */
  withStored(deliveries: readonly Delivery[]): Promise<Pick<DueAggregate, 'publisher' | 'aggregate'>[]> {
    return this.database.query(
      `select distinct publisher, aggregate from ${this.schema}.inbox
       where (publisher, aggregate) in (select * from unnest($1::text[], $2::text[]))`,
      [deliveries.map(({ publisher }) => publisher), deliveries.map(({ aggregate }) => aggregate)],
    );
  }

  /**
   * Claims the stored event that is next in its aggregate, if there is one and it is due.
   * @param isSuspect whether it may be one during which a process has ended. A claim counts, if this process ends before it has given
   * it back, too
   */
  async claim(publisher: string, aggregate: string, isSuspect: boolean): Promise<Claim | undefined> {
    const [row] = await this.database.query<{ event: Delivery; claims: number; received_at: Date }[]>(
      `select event, claims, received_at
       from (
         select $1::text as publisher, $2::text as aggregate where $3 or not exists (
           select from ${this.schema}.inbox i left join ${this.schema}.inbox_cursors c using (publisher, aggregate)
           where publisher = $1 and aggregate = $2 and i.seq = coalesce(c.last, 0) + 1 and i.claims > 0
         )
       ) one, lateral ${this.schema}.claim_event(one.publisher, one.aggregate)`,
      [publisher, aggregate, isSuspect],
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
  due(): Promise<DueAggregate[]> {
    return this.database.query(
      `select i.publisher, i.aggregate, i.claims > 0 as "isSuspect"
       from ${this.schema}.inbox i left join ${this.schema}.inbox_cursors c using (publisher, aggregate)
       where i.seq <= c.last
         or (i.state = 'waiting' and i.seq = coalesce(c.last, 0) + 1 and c.parked_at is null and i.next_at <= now())
       order by i.next_at limit ${DUE_BATCH}`,
    );
  }
}
