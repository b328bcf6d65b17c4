import type { ConsistencyLevel } from '@tearline/seam';
import type pg from 'pg';

/** Runs one statement. */
export type RunQuery = (query: pg.QueryConfig) => Promise<pg.QueryResult>;

/** Where reads go. */
export interface ReadSource {
  /**
   * @param work only reads, and may be repeated elsewhere
   * @param level what the caller, or the default, asks for when it is left out
   */
  read<T>(work: (ask: RunQuery) => Promise<T>, level?: ConsistencyLevel): Promise<T>;
}

/** The only server there is. */
export class SingleSource implements ReadSource {
  constructor(private readonly pool: pg.Pool) {}

  read<T>(work: (ask: RunQuery) => Promise<T>): Promise<T> {
    return work((query) => this.pool.query(query));
  }
}
