import { Logger } from '@nestjs/common';

const MAX_KINDS = 100;

/**
 * Logs the beginning and the end of an outage once. Every queue, worker and connection of a process reports the same outage
 * again and again while it lasts.
 */
export class OutageLog {
  readonly #log = new Logger('Queues');
  readonly #logged = new Set<string>();
  #isOut = false;

  /** @param server for the log, with the setting that names it: `Redis (REDIS_URL)` */
  constructor(private readonly server: string) {}

  /** Whether the server is unreachable. */
  get isOut(): boolean {
    return this.#isOut;
  }

  readonly failed = (error: unknown): void => {
    const kind = kindOf(error);
    if (this.#logged.has(kind)) return;
    // Messages with changing parts must not fill the memory.
    if (this.#logged.size === MAX_KINDS) this.#logged.clear();
    this.#logged.add(kind);
    if (!isConnectionError(error)) {
      this.#log.warn({ err: error }, `${this.server}: ${kind}`);
      return;
    }
    this.#isOut = true;
    this.#log.warn(`${this.server} is unreachable: ${kind}`);
  };

  readonly recovered = (): void => {
    if (!this.#isOut) return;
    this.#isOut = false;
    this.#logged.clear();
    this.#log.log(`${this.server} is reachable again`);
  };
}

/** An AggregateError (a host name with several addresses) has no message of its own; ioredis describes its options instead. */
function kindOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  if (message?.includes('enableOfflineQueue')) return 'it does not answer';
  return message || code || String(error);
}

/** Recognises socket errors, PostgreSQL's classes 08, 53 and 57P, and the messages of ioredis, pg and BullMQ. */
function isConnectionError(error: unknown): boolean {
  const { message = '', code = '' } = error as { message?: string; code?: unknown };
  return (
    /^(E[A-Z]+$|08|53|57P)/.test(String(code)) || /connect|timed? ?out|writeable|terminated/i.test(message)
  );
}
