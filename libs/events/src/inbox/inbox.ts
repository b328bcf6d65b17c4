import type { DataSource, EntityManager } from 'typeorm';
import type { Delivery } from '../outbox/delivery.js';

/** Attempts whose failure counts, before an event is dead. */
const ATTEMPTS = 8;
const DUE_AT_ONCE = 100;

/** What a module's inbox makes of an event that has come. */
export type Reception = 'handle' | 'duplicate' | 'stored';

/** An event from the inbox, claimed by this process. */
export interface Claim {
  readonly event: Delivery;
  /** How often it was claimed without anybody telling how that ended, this time included. */
  readonly claims: number;
  readonly receivedAt: Date;
}

/** What became of an event whose handler failed. */
export interface Failure {
  readonly state: 'waiting' | 'dead' | 'handled';
  readonly attempts: number;
  readonly waitMs: number;
}

/** How an error is taken. */
export type Severity = 'transient' | 'counts' | 'deadly';

/** The tables in which a module remembers what it has handled, and keeps what it cannot handle yet. */
export class Inbox {
  /** @param schema quoted */
  constructor(
    private readonly database: DataSource,
    private readonly schema: string,
  ) {}

  /** Asked first in the transaction that is to handle the event; at `handle`, the event counts as handled in it. */
  async receive(manager: EntityManager, event: Delivery): Promise<Reception> {
    const [row] = await manager.query<{ reception: Reception }[]>(
      `select ${this.schema}.receive_event($1, $2, $3, $4) as reception`,
      [event.publisher, event.aggregate, event.seq, JSON.stringify(event)],
    );
    return row!.reception;
  }

  /** The stored event that is next in its aggregate, if there is one and it is due. */
  async claim(publisher: string, aggregate: string): Promise<Claim | undefined> {
    const [row] = await this.database.query<{ event: Delivery; claims: number; received_at: Date }[]>(
      `select event, claims, received_at from ${this.schema}.claim_event($1, $2)`,
      [publisher, aggregate],
    );
    return row && { event: row.event, claims: row.claims, receivedAt: row.received_at };
  }

  /** Keeps an event whose handler failed: waiting for its next attempt, or dead, with its aggregate parked. */
  async fail(event: Delivery, error: string, severity: Severity): Promise<Failure> {
    const [row] = await this.database.query<{ state: Failure['state']; attempts: number; wait_ms: number }[]>(
      `select state, attempts, wait_ms from ${this.schema}.fail_event($1, $2, $3, $4, $5, $6, $7)`,
      [
        event.publisher,
        event.aggregate,
        event.seq,
        JSON.stringify(event),
        error,
        severity !== 'transient',
        severity === 'deadly' ? 0 : ATTEMPTS,
      ],
    );
    return { state: row!.state, attempts: row!.attempts, waitMs: row!.wait_ms };
  }

  /**
   * Aggregates with an event that is next and due: what a process left behind, a retry, a released dead letter; and
   * those with leftovers.
   */
  due(): Promise<{ publisher: string; aggregate: string }[]> {
    return this.database.query(
      `select i.publisher, i.aggregate
       from ${this.schema}.inbox i left join ${this.schema}.inbox_cursors c using (publisher, aggregate)
       where i.seq <= c.last
         or (i.state = 'waiting' and i.seq = coalesce(c.last, 0) + 1 and c.parked_at is null and i.next_at <= now())
       order by i.next_at limit ${DUE_AT_ONCE}`,
    );
  }
}
