import type { CallContext } from '@tearline/seam';
import type pg from 'pg';

/** Within it the query of a call whose deadline has passed is cancelled, so that the caller gets that error. */
export const STATEMENT_GRACE_PERIOD_MS = 1_000;

/** Gives calls with a later deadline than most, such as uploads and long jobs, statements that may take as long. */
export class StatementTimeouts {
  readonly #changed = new WeakMap<pg.ClientBase, number>();

  /** @param defaultMs the timeout with which connections are opened */
  constructor(private readonly defaultMs: number) {}

  /** Calls `done` when the connection's timeout suits the call, as it nearly always does at once. */
  adapt(client: pg.ClientBase, call: CallContext | undefined, done: () => void): void {
    const timeoutMs = this.#timeoutOf(call);
    if (timeoutMs === (this.#changed.get(client) ?? this.defaultMs)) return done();
    this.#changed.set(client, timeoutMs);
    // A connection that breaks here fails the next query, too.
    client.query(`set statement_timeout = ${timeoutMs}`, () => done());
  }

  #timeoutOf(call: CallContext | undefined): number {
    const neededMs = Math.ceil(call?.remaining ?? 0) + STATEMENT_GRACE_PERIOD_MS;
    return Number.isFinite(neededMs) ? Math.max(this.defaultMs, neededMs) : this.defaultMs;
  }
}
