import { Logger as NestLogger } from '@nestjs/common';
import { currentCall } from '@tearline/seam';
import type { Logger } from 'typeorm';

/** Counts the statements of a DataSource as its logger. Logs slow queries and warnings, without parameters. */
export class QueryCounter implements Logger {
  /** In requests and event handlers. */
  inCalls = 0;
  /** In relays, sweeps and checks. */
  inBackground = 0;
  readonly #log = new NestLogger('Database');

  readonly increment = (): void => {
    if (currentCall()) this.inCalls += 1;
    else this.inBackground += 1;
  };

  logQuery(): void {
    this.increment();
  }

  /** The caller gets the error and knows whether it was expected, as with a unique name. */
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
