import { Logger as NestLogger } from '@nestjs/common';
import type { Logger } from 'typeorm';

/** Counts a DataSource's statements, as TypeORM's logger; only what went wrong is written, without the parameters. */
export class QueryCount implements Logger {
  total = 0;
  readonly #log = new NestLogger('Database');

  readonly add = (): void => {
    this.total += 1;
  };

  logQuery(): void {
    this.total += 1;
  }

  /** The error itself reaches whoever asked, who knows whether it was expected (a unique name taken, say). */
  logQueryError(): void {}

  logQuerySlow(time: number, query: string): void {
    this.#log.warn({ time, query }, 'slow query');
  }

  logSchemaBuild(message: string): void {
    this.#log.debug(message);
  }

  logMigration(message: string): void {
    this.#log.log(message);
  }

  log(level: 'log' | 'info' | 'warn', message: unknown): void {
    if (level === 'warn') this.#log.warn(message);
    else this.#log.debug(message);
  }
}
