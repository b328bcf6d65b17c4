import type { DuckDBConnection } from '@duckdb/node-api';

/** Returns a text as a literal of SQL. */
export const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** Returns a list of literals. */
export const list = (texts: readonly string[]) => `[${texts.map(literal).join()}]`;

/** The fields of a line with a column of their own, with their types. */
const FIELDS = {
  time: 'BIGINT',
  level: 'SMALLINT',
  process: 'VARCHAR',
  sequence: 'BIGINT',
  service: 'VARCHAR',
  module: 'VARCHAR',
  requestId: 'VARCHAR',
  traceId: 'VARCHAR',
  msg: 'VARCHAR',
};

/** The year 3000: beyond its range, a conversion would fail for all lines. */
const MAX_TIME_MS = 32_503_680_000_000;

/** Returns a query of the lines in a file of JSON, as the store has them. @param last sequence of the last message in it */
export const linesIn = (file: string, last: number) => `
  select case when field.time between 0 and ${MAX_TIME_MS} then epoch_ms(field.time) end as time, field.level as level, field.process as process, field.sequence as sequence,
    field.service as service, field.module as module, field."requestId" as request_id, field."traceId" as trace_id,
    field.msg as msg, ${last}::bigint as stream_sequence, line
  from (
    select from_json(json, ${literal(JSON.stringify(FIELDS))}) as field, json::varchar as line
    from read_ndjson_objects(${literal(file)}, ignore_errors = true)
    where json is not null)`;

/** Writes the rows of a query into a Parquet file. @returns the number of rows */
export async function writeParquet(
  connection: DuckDBConnection,
  query: string,
  file: string,
): Promise<number> {
  const result = await connection.run(
    `copy (${query}) to ${literal(file)} (format parquet, compression zstd, row_group_size 122880)`,
  );
  return result.rowsChanged;
}

/** Returns a query of all lines in some files. */
export const linesOf = (files: readonly string[]) =>
  `select * from read_parquet(${list(files)}, union_by_name = true)`;
