import { Inject } from '@nestjs/common';
import { type ConsistencyLevel, currentCall, currentSpan, endWith } from '@tearline/seam';
import type pg from 'pg';
import { startStatement } from './statement-span.js';

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

/** By name. */
const texts = new Map<string, string>();

/**
 * Names a hot statement: a read, to be run through the module's Reader, or a write, to be run by `execute`.
 * @param level `strong` where other callers' latest writes matter, as with a changed password; by default the caller's
 * @example const byName = statement<UserRow>('identity.byName', 'select id from users where canonical_username = $1');
 */
export function statement<Row>(name: string, text: string, level?: ConsistencyLevel): Statement<Row> {
  if (Buffer.byteLength(name) > 63)
    throw new Error(`statement name '${name}': expected at most 63 bytes, PostgreSQL's limit`);
  if ((texts.get(name) ?? text) !== text)
    throw new Error(`statement name '${name}': expected a name of its own, another statement has it`);
  texts.set(name, text);
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
    private readonly module: string,
    private readonly source: ReadSource,
    private readonly onQuery: () => void,
  ) {}

  /**
   * Returns every row; `int8` as number, `timestamptz` as Date.
   * @throws SeamError `unavailable` when the rows are large, and the process holds too many large values already
   */
  async rows<Row>({ name, text, level }: Statement<Row>, values: unknown[] = []): Promise<Row[]> {
    this.onQuery();
    const parent = currentSpan();
    const reading = this.source.read((query) => query({ name, text, values }), level);
    const result = await (parent
      ? endWith(startStatement(parent, this.module, { name, text }), reading)
      : reading);
    currentCall()?.memory?.hold(textLength(result.rows));
    return result.rows as Row[];
  }

  /** Returns the first row, or undefined when there is none. */
  async row<Row>(statement: Statement<Row>, values: unknown[] = []): Promise<Row | undefined> {
    const [row] = await this.rows(statement, values);
    return row;
  }
}

/** Returns the length of all texts of the rows, which is nearly all of their size. */
function textLength(rows: readonly Record<string, unknown>[]): number {
  let length = 0;
  for (const row of rows)
    for (const name in row) if (typeof row[name] === 'string') length += row[name].length;
  return length;
}

export const readerToken = (module: string) => `${module} reader`;

/** Injects the Reader of a module: `@InjectReader('articles') private readonly reader: Reader`. */
export const InjectReader = (module: string) => Inject(readerToken(module));
