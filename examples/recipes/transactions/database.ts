import { DatabaseSync, type SQLInputValue } from 'node:sqlite';

/** The database of one module. An application has its ORM in this place. */
export class Database {
  readonly #sqlite = new DatabaseSync(':memory:');

  constructor(schema: string) {
    this.#sqlite.exec(schema);
  }

  /** Returns the number of rows that a statement has changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#sqlite.prepare(sql).run(...values).changes);
  }

  rows<T>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.#sqlite.prepare(sql).all(...values) as T[];
  }

  transaction<T>(work: () => T): T {
    this.#sqlite.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#sqlite.exec('COMMIT');
      return result;
    } catch (error) {
      this.#sqlite.exec('ROLLBACK');
      throw error;
    }
  }
}
