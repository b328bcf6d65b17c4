import { existsSync } from 'node:fs';
import { type DuckDBConnection, DuckDBInstance, StatementType } from '@duckdb/node-api';
import { UsageError } from '@tearline/process';
import { hourOf, readSegments, type Segment } from '../store/segment.js';
import { linesOf, list } from '../store/sql.js';

const HOUR_MS = 3_600_000;
const ATTEMPTS = 3;

/** Reads a store, while another process writes it. */
export class LogReader {
  private constructor(
    private readonly dir: string,
    private readonly instance: DuckDBInstance,
    private readonly connection: DuckDBConnection,
  ) {}

  /** @throws UsageError when there is no store */
  static async open(dir: string): Promise<LogReader> {
    if (!existsSync(dir))
      throw new UsageError(
        `LOGS_DIR: no store in ${dir}; npm run logs -- serve makes one, LOGS_DIR names another`,
      );
    const instance = await DuckDBInstance.create(':memory:', { autoinstall_known_extensions: 'false' });
    const connection = await instance.connect();
    await connection.run(`set allowed_directories = ${list([dir])}`);
    await connection.run('set enable_external_access = false');
    return new LogReader(dir, instance, connection);
  }

  close(): void {
    this.connection.closeSync();
    this.instance.closeSync();
  }

  /** Returns the segments that can have lines since a time. A line is written after its time, by clocks that may differ a little. */
  async segments(since: Date): Promise<readonly Segment[]> {
    const oldest = hourOf(new Date(since.getTime() - HOUR_MS));
    return (await readSegments(this.dir, (hour) => hour >= oldest)).current;
  }

  /**
   * Runs a query of the view `logs`, which has the lines of some segments.
   * @param segments returns them; a segment that is merged meanwhile is read where it is now
   */
  async query(sql: string, segments: () => Promise<readonly Segment[]>): Promise<Record<string, unknown>[]> {
    for (let attempt = 1; ; attempt += 1) {
      const files = (await segments()).map(({ file }) => file);
      try {
        await this.connection.run(
          `create or replace temp view logs as ${files.length > 0 ? linesOf(files) : NO_LINES}`,
        );
        return (await this.connection.runAndReadAll(sql)).getRowObjectsJson();
      } catch (error) {
        if (attempt === ATTEMPTS || !isMissingFile(error)) throw error;
      }
    }
  }

  /** @throws UsageError for text that is not one query */
  async assertQuery(sql: string): Promise<void> {
    await this.connection.run(`create or replace temp view logs as ${NO_LINES}`);
    const statements = await this.connection.extractStatements(sql).catch(asUsageError);
    if (statements.count !== 1)
      throw new UsageError(`--sql: expected one query, got ${statements.count} statements`);
    const prepared = await statements.prepare(0).catch(asUsageError);
    const isQuery = prepared.statementType === StatementType.SELECT;
    prepared.destroySync();
    if (!isQuery) throw new UsageError('--sql: expected a query; the store is only read');
  }
}

/** The columns of the store. */
const NO_LINES = `
  select null::timestamp as time, null::smallint as level, null::varchar as process, null::bigint as sequence,
    null::varchar as service, null::varchar as module, null::varchar as request_id, null::varchar as trace_id,
    null::varchar as msg, null::bigint as stream_sequence, null::varchar as line
  where false`;

const isMissingFile = (error: unknown) =>
  /No such file|No files found|Cannot open file/i.test((error as Error).message);

function asUsageError(error: unknown): never {
  throw new UsageError(`--sql: ${(error as Error).message.replace('Failed to extract statements: ', '')}`);
}
