import { Logger } from '@nestjs/common';

/**
 * Says once that something stopped working, and once that it works again. Every queue, worker and connection of a
 * process reports the same outage, again and again for as long as it lasts.
 */
export class Outages {
  readonly #log = new Logger('Queues');
  readonly #said = new Set<string>();
  #isAway = false;

  /** @param what is meant, for the log: `Redis`, `PostgreSQL` */
  constructor(private readonly what: string) {}

  readonly failed = (error: unknown): void => {
    const kind = kindOf(error);
    if (this.#said.has(kind)) return;
    // Who puts changing things into messages shall not fill the memory.
    if (this.#said.size === 100) this.#said.clear();
    this.#said.add(kind);
    if (!ofConnection(error)) {
      this.#log.warn({ err: error }, `${this.what}: ${kind}`);
      return;
    }
    this.#isAway = true;
    this.#log.warn(`${this.what} is away: ${kind}`);
  };

  readonly works = (): void => {
    if (!this.#isAway) return;
    this.#isAway = false;
    this.#said.clear();
    this.#log.log(`${this.what} works again`);
  };
}

/** An AggregateError (a name with several addresses) has no message of its own. */
function kindOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  return message || code || String(error);
}

/** As far as ioredis, pg and BullMQ tell: codes of sockets and of PostgreSQL's classes 08, 53 and 57P, or words. */
function ofConnection(error: unknown): boolean {
  const { message = '', code = '' } = error as { message?: string; code?: unknown };
  return (
    /^(E[A-Z]+$|08|53|57P)/.test(String(code)) || /connect|timed? ?out|writeable|terminated/i.test(message)
  );
}
