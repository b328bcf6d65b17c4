import { Inject } from '@nestjs/common';
import type { Pool } from 'pg';
import type { Statement } from './statement.js';

/**
 * The read door of a module: prepared statements on its DataSource's own pool, at half the CPU of an entity `find`.
 * For hot reads outside transactions alone; writes stay with repositories.
 */
export class Reader {
  constructor(
    private readonly pool: Pool,
    private readonly counted: () => void,
  ) {}

  /** @returns every row; `int8` as number, `timestamptz` as Date */
  async rows<Row>({ name, text }: Statement<Row>, values: unknown[] = []): Promise<Row[]> {
    this.counted();
    const result = await this.pool.query({ name, text, values });
    return result.rows as Row[];
  }

  /** @returns the first row, if there is one */
  async row<Row>(statement: Statement<Row>, values: unknown[] = []): Promise<Row | undefined> {
    const [row] = await this.rows(statement, values);
    return row;
  }
}

export const readerToken = (module: string) => `${module} reader`;

/** Injects the read door of a module: `@InjectReader('articles') private readonly reader: Reader`. */
export const InjectReader = (module: string) => Inject(readerToken(module));
