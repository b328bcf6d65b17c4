import type { ConsistencyLevel } from '@tearline/seam';

/** A query that PostgreSQL parses and plans once for each connection. */
export interface Statement<Row> {
  /** Unique within the module, e.g. `articles.page`; at most 63 bytes. */
  readonly name: string;
  readonly text: string;
  /** What it must not miss, whatever the caller asks for. */
  readonly level?: ConsistencyLevel;
  /** Not there at run time: keeps the row's type. */
  readonly row?: Row;
}

/**
 * Names a hot read, to be run through the module's Reader.
 * @param level `strong` where what somebody else has just written matters, as with a password that was changed; by
 *   default what the caller asks for
 * @example const byName = statement<UserRow>('identity.byName', 'select id from users where lower(username) = lower($1)');
 */
export function statement<Row>(name: string, text: string, level?: ConsistencyLevel): Statement<Row> {
  if (Buffer.byteLength(name) > 63) throw new Error(`statement name '${name}' is over PostgreSQL's 63 bytes`);
  return { name, text, ...(level && { level }) };
}
