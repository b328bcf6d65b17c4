import type { DataSource } from 'typeorm';
import type { OutboxRow } from '../delivery.js';

/** After that, an event whose subscriber is busy here goes to the queue. */
const MAX_OVERDUE_SECONDS = 15;

/**
 * Deletes the confirmed rows, claims those that are due and schedules their next sending, in one statement: any number of relays
 * share the work. Rows that a relay claims and does not send, because it crashes, are due again: after 15 s at first, 12.5
 * minutes at last. So are rows that the broker loses. An event that its subscriber takes without a queue counts this as an
 * attempt: what a process took and did not confirm may have ended it. What was once in a queue stays with it.
 *
 * The commit need not wait for the disk: what a crash of PostgreSQL undoes is sent again and found a duplicate.
 */
const claimDue = (schema: string) => `
  with async_commit as materialized (select set_config('synchronous_commit', 'off', true)),
  confirmed as (delete from ${schema}.outbox using async_commit where id = any($3::bigint[])),
  due as (
    select id from ${schema}.outbox
    where next_at <= now() and failed_at is null and id <> all($3::bigint[])
      and (aggregate is null or queue <> all($4::text[]) or next_at < now() - interval '${MAX_OVERDUE_SECONDS} seconds')
    order by next_at, id limit $1 for update skip locked
  )
  update ${schema}.outbox o
  set sends = o.sends + 1,
    attempts = o.attempts
      + (o.aggregate is not null and o.queue = any($2::text[]) and (o.sends = 0 or o.attempts > 0))::int,
    next_at = now() + least(interval '10 minutes', interval '15 seconds' * power(2, least(o.sends, 6)))
      * (1 + random() / 4)
  from due, async_commit where o.id = due.id
  returning o.id, o.queue, o.aggregate, o.seq, o.type, o.version, o.payload, o.context, o.created_at, o.round, o.attempts`;

/** A send that failed may have reached the broker all the same: without `sends`, the next attempt of the job is scheduled already. */
const makeDueAgain = (schema: string) =>
  `update ${schema}.outbox set next_at = now(), sends = sends - 1 where id = any($1) and sends > 0`;

const giveBack = (schema: string) => `
  update ${schema}.outbox set next_at = now(), sends = greatest(0, sends - 1), attempts = greatest(0, attempts - 1)
  where id = any($1)`;

/** The rows of a module's outbox, as its relay sees them. */
export class OutboxRows {
  readonly #statements: Readonly<Record<'claimDue' | 'makeDueAgain' | 'giveBack', string>>;

  /** @param module name of the module and its schema */
  constructor(
    private readonly database: DataSource,
    module: string,
  ) {
    const schema = `"${module}"`;
    this.#statements = {
      claimDue: claimDue(schema),
      makeDueAgain: makeDueAgain(schema),
      giveBack: giveBack(schema),
    };
  }

  /**
   * Claims up to `limit` rows that are due.
   * @param subscribers those of this process: which take events without a queue, and whose events are left for now
   * @param confirmed ids of rows to delete
   */
  async claim(
    limit: number,
    { accepting, busy }: { readonly accepting: readonly string[]; readonly busy: readonly string[] },
    confirmed: readonly number[],
  ): Promise<OutboxRow[]> {
    // TypeORM passes this on to pg, which parses and plans a named statement once for each connection.
    const statement = { name: 'events.claimDue', text: this.#statements.claimDue } as unknown as string;
    const values = [limit, accepting, confirmed, busy];
    const [rows] = await this.database.query<[OutboxRow[], number]>(statement, values);
    // Ids of an aggregate have the order of its sequence. Events that arrive in order need not be stored in the inbox.
    return rows.sort((a, b) => a.id - b.id);
  }

  /** Makes rows due that could not be added to their queue. */
  async makeDueAgain(ids: readonly number[]): Promise<void> {
    await this.database.query(this.#statements.makeDueAgain, [ids]);
  }

  /** Makes events due, as if they had not been claimed. */
  async giveBack(ids: readonly number[]): Promise<void> {
    await this.database.query(this.#statements.giveBack, [ids]);
  }
}
