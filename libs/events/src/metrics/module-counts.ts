/** A DataSource, or anything else that runs one statement. */
export interface RunsQueries {
  query<Row>(sql: string): Promise<Row[]>;
}

/** What a module has to do still. */
export interface ModuleCounts {
  readonly outbox: number;
  readonly oldest: number;
  readonly waiting: number;
  readonly dead: number;
}

/** @param schema of a module, which is its name */
export async function readCounts(database: RunsQueries, schema: string): Promise<ModuleCounts> {
  const [row] = await database.query<ModuleCounts>(`
    select o.rows::float8 as outbox, o.oldest::float8 as oldest, i.waiting::float8 as waiting,
      (i.dead + o.failed)::float8 as dead
    from (
      select count(*) filter (where failed_at is null) as rows,
        coalesce(greatest(0, extract(epoch from now() - min(created_at) filter (where failed_at is null))), 0) as oldest,
        count(*) filter (where failed_at is not null) as failed
      from "${schema}".outbox
    ) o, (
      select count(*) filter (where state = 'waiting') as waiting, count(*) filter (where state = 'dead') as dead
      from "${schema}".inbox
    ) i`);
  return row!;
}
