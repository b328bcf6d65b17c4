import type { ClientBase } from 'pg';

/** An event that a module could not handle, or a job of its own that failed. */
export interface DeadLetter {
  /** `articles:article/7:12` is the twelfth event of an aggregate, `job:311` a job. */
  readonly id: string;
  /** The module that could not handle it. */
  readonly module: string;
  /** The module that published the event; of a job, the module itself. */
  readonly publisher: string;
  /** Name of the event or job. */
  readonly event: string;
  /** Undefined for a job. */
  readonly aggregate: string | undefined;
  /** Position in the aggregate; undefined for a job. */
  readonly seq: number | undefined;
  /** Of the last attempt. */
  readonly error: string;
  readonly attempts: number;
  readonly since: Date;
  /** Later events of the aggregate, which wait until this one is retried or dropped. */
  readonly waiting: number;
}

/** The dead letters of one module. Changes are safe while the module runs, which sees them within seconds. */
export interface DeadLetters {
  /** Oldest first. */
  list(): Promise<DeadLetter[]>;
  /**
   * Makes dead letters due again, with all attempts. The events that wait behind them follow in order.
   * @param id one of them; all when absent
   * @returns how many
   */
  retry(id?: string): Promise<number>;
  /**
   * Deletes dead letters. The events that wait behind them go on without them.
   * @param id one of them; all when absent
   * @returns how many
   */
  drop(id?: string): Promise<number>;
}

type Row = Omit<DeadLetter, 'module' | 'aggregate' | 'seq'> & {
  aggregate: string | null;
  seq: number | null;
};

/**
 * Returns the dead letters of a module.
 * @param client connected; logged in as the module's role or the owner
 * @param schema the module's, which is its name
 */
export function deadLetters(client: ClientBase, schema: string): DeadLetters {
  const name = client.escapeIdentifier(schema);

  /** Locks the parked aggregates: no worker handles an event while it is being changed. */
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
        // Advances the cursor as a handled event does; an event that ends its aggregate still ends it.
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
