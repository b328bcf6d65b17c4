import { Inject } from '@nestjs/common';
import type { ConsistencyLevel } from '@tearline/seam';
import type pg from 'pg';

/** A query that PostgreSQL parses and plans once for each connection. */
export interface Statement<Row> {
  /** Unique within the module, e.g. `articles.page`; at most 63 bytes. */
  readonly name: string;
  readonly text: string;
  /** Overrides the level that the caller asks for. */
  readonly level?: ConsistencyLevel;
  /** Undefined at run time: carries the row's type. */
  readonly row?: Row;
}

/**
 * Names a hot read, to be run through the module's Reader.
 * @param level `strong` where other callers' latest writes matter, as with a changed password; by default the caller's
 * @example const byName = statement<UserRow>('identity.byName', 'select id from users where lower(username) = lower($1)');
 */
export function statement<Row>(name: string, text: string, level?: ConsistencyLevel): Statement<Row> {
  if (Buffer.byteLength(name) > 63)
    throw new Error(`statement name '${name}': expected at most 63 bytes, PostgreSQL's limit`);
  return { name, text, ...(level && { level }) };
}

export type RunQuery = (query: pg.QueryConfig) => Promise<pg.QueryResult>;

/** Chooses the server for each read. */
export interface ReadSource {
  /**
   * @param work only reads: it is repeated on another server when one fails
   * @param level by default the level of the current call, or the host's default
   */
  read<T>(work: (query: RunQuery) => Promise<T>, level?: ConsistencyLevel): Promise<T>;
}

/**
 * Reads of a module: prepared statements on the connections of its DataSource, at half the CPU of an entity `find`; on a
 * replica that satisfies the required position, where there is one. For hot reads outside transactions only; writes
 * stay with repositories.
 */
export class Reader {
  constructor(
    private readonly source: ReadSource,
    private readonly onQuery: () => void,
  ) {}

  /** Returns every row; `int8` as number, `timestamptz` as Date. */
  async rows<Row>({ name, text, level }: Statement<Row>, values: unknown[] = []): Promise<Row[]> {
    this.onQuery();
    const result = await this.source.read((query) => query({ name, text, values }), level);
    return result.rows as Row[];
  }

  /** Returns the first row, or undefined when there is none. */
  async row<Row>(statement: Statement<Row>, values: unknown[] = []): Promise<Row | undefined> {
    const [row] = await this.rows(statement, values);
    return row;
  }
}

export const readerToken = (module: string) => `${module} reader`;

/** Injects the Reader of a module: `@InjectReader('articles') private readonly reader: Reader`. */
export const InjectReader = (module: string) => Inject(readerToken(module));
