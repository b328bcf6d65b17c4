import type { ClientBase } from 'pg';
import type { DeadLetter } from './dead-letter.js';

/** A module's dead letters. Both changes may be made while everything runs, and are seen within seconds. */
export interface DeadLetters {
  /** Oldest first. */
  list(): Promise<DeadLetter[]>;
  /**
   * Tries them again, with all attempts before them; the events that wait behind follow in their order.
   * @param id one; all of them when absent
   * @returns how many there were
   */
  retry(id?: string): Promise<number>;
  /**
   * Gives them up for good; the events that wait behind go on without them.
   * @param id one; all of them when absent
   * @returns how many there were
   */
  drop(id?: string): Promise<number>;
}

type Row = Omit<DeadLetter, 'module' | 'aggregate' | 'seq'> & {
  aggregate: string | null;
  seq: number | null;
};

/**
 * @param client connected; logged in as the module's role or the owner
 * @param schema the module's, which is its name
 */
export function deadLetters(client: ClientBase, schema: string): DeadLetters {
  const name = client.escapeIdentifier(schema);

  /** Parked aggregates stay locked, so that nobody handles what is being decided about. */
  const change = async (id: string | undefined, events: string, jobs: string): Promise<number> => {
    await client.query('begin');
    try {
      await client.query(`select from ${name}.inbox_cursors where parked_at is not null
        order by publisher, aggregate for update`);
      const { rows: dead } = await client.query<{ publisher: string; aggregate: string; seq: string }>(
        `select publisher, aggregate, seq from ${name}.inbox i
         where state = 'dead' and ($1::text is null or ${EVENT_ID} = $1)`,
        [id ?? null],
      );
      for (const { publisher, aggregate, seq } of dead) {
        await client.query(
          `update ${name}.inbox_cursors set parked_at = null where publisher = $1 and aggregate = $2`,
          [publisher, aggregate],
        );
        await client.query(events, [publisher, aggregate, seq]);
      }
      const { rowCount } = await client.query(
        `${jobs} where failed_at is not null and ($1::text is null or ${JOB_ID} = $1)`,
        [id ?? null],
      );
      await client.query('commit');
      return dead.length + (rowCount ?? 0);
    } catch (error) {
      await client.query('rollback');
      throw error;
    }
  };

  return {
    async list() {
      const { rows } = await client.query<Row>(
        `
        select ${EVENT_ID} as id, i.publisher, i.event->>'type' as event, i.aggregate, i.seq::float8 as seq,
          coalesce(i.error, '') as error, i.attempts, coalesce(c.parked_at, i.received_at) as since,
          (select count(*)::int from ${name}.inbox w
           where w.publisher = i.publisher and w.aggregate = i.aggregate and w.seq > i.seq) as waiting
        from ${name}.inbox i left join ${name}.inbox_cursors c using (publisher, aggregate)
        where i.state = 'dead'
        union all
        select ${JOB_ID}, $1, o.type, null, null, coalesce(o.error, ''), o.attempts, o.failed_at, 0
        from ${name}.outbox o where o.failed_at is not null
        order by since, id`,
        [schema],
      );
      return rows.map(({ aggregate, seq, ...row }) => ({
        ...row,
        module: schema,
        aggregate: aggregate ?? undefined,
        seq: seq ?? undefined,
      }));
    },
    retry: (id) =>
      change(
        id,
        `update ${name}.inbox set state = 'waiting', attempts = 0, claims = 0, next_at = now()
         where publisher = $1 and aggregate = $2 and seq = $3`,
        `update ${name}.outbox set failed_at = null, round = round + 1, attempts = 0, sends = 0, next_at = now()`,
      ),
    drop: (id) =>
      change(
        id,
        // As if it had been handled, the end of its aggregate too.
        `with dropped as (
           delete from ${name}.inbox where publisher = $1 and aggregate = $2 and seq = $3 returning event
         )
         update ${name}.inbox_cursors set last = greatest(last, $3),
           ended_at = case when (select event->'context' ? 'ends' from dropped) then now() else ended_at end
         where publisher = $1 and aggregate = $2`,
        `delete from ${name}.outbox`,
      ),
  };
}

const EVENT_ID = `publisher || ':' || aggregate || ':' || seq`;
const JOB_ID = `'job:' || id`;
