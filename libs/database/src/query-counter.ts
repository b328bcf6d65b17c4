import { Logger as NestLogger } from '@nestjs/common';
import { currentCall } from '@tearline/seam';
import type { Logger } from 'typeorm';

/** Counts a DataSource's statements, as TypeORM's logger; only what went wrong is written, without the parameters. */
export class QueryCounter implements Logger {
  /** For calls: requests, and the handling of events. */
  inCalls = 0;
  /** For nobody in particular: relays, sweeps, checks. */
  inBackground = 0;
  readonly #log = new NestLogger('Database');

  readonly increment = (): void => {
    if (currentCall()) this.inCalls += 1;
    else this.inBackground += 1;
  };

  logQuery(): void {
    this.increment();
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
