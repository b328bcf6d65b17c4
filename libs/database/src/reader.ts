import { Inject } from '@nestjs/common';
import type { ReadSource } from './read-source.js';
import type { Statement } from './statement.js';

/**
 * The read door of a module: prepared statements on the connections of its DataSource, at half the CPU of an entity
 * `find`; on a replica, where there is one that shows what the caller must see.
 * For hot reads outside transactions alone; writes stay with repositories.
 */
export class Reader {
  constructor(
    private readonly source: ReadSource,
    private readonly onQuery: () => void,
  ) {}

  /** @returns every row; `int8` as number, `timestamptz` as Date */
  async rows<Row>({ name, text, level }: Statement<Row>, values: unknown[] = []): Promise<Row[]> {
    this.onQuery();
    const result = await this.source.read((ask) => ask({ name, text, values }), level);
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
