import { Logger } from '@nestjs/common';
import { runOutsideCall } from '@tearline/seam';
import type { AttemptLimit, AttemptStore, Settlement, Verdict } from './attempt-store.js';
import { MemoryAttempts } from './memory-attempts.js';

/** Longer than a busy server takes: an attacker who causes load must not separate the counters. */
const TIMEOUT_MS = 5_000;
/** While the store is away, one attempt per interval tries it; the others skip it. */
const RETRY_INTERVAL_MS = 1_000;

/** A verdict, and whether it is that of all processes. */
export interface SharedVerdict {
  readonly verdict: Verdict;
  readonly isShared: boolean;
}

/**
 * Counts attempts in the store of all processes and, while that does not answer, in this process alone. The process remembers
 * all attempts that it has seen, so an outage resets the limit of no process.
 */
export class SharedAttempts {
  readonly #log = new Logger('AttemptLimits');
  readonly #own = new MemoryAttempts();
  #isAway = false;
  #retryAt = 0;

  constructor(private readonly store: AttemptStore) {}

  async reserve(limits: readonly AttemptLimit[]): Promise<SharedVerdict> {
    const verdict = await this.#ask(() => this.store.reserve(limits));
    if (verdict === undefined) return { verdict: this.#own.reserve(limits), isShared: false };
    if (verdict === 'reserved') this.#own.reserve(limits.map(({ key }) => ({ key, max: Infinity })));
    return { verdict, isShared: true };
  }

  /** Settles a reservation. Where the store does not answer, it keeps the reservation, which counts there as a failure. */
  async settle(settlements: readonly Settlement[], { isShared }: SharedVerdict): Promise<void> {
    this.#own.settle(settlements);
    if (isShared) await this.#ask(async () => this.store.settle(settlements));
  }

  /** Returns undefined when the store does not answer. The work of a cancelled call goes on, or reservations would stay. */
  async #ask<T>(work: () => T | Promise<T>): Promise<T | undefined> {
    const now = performance.now();
    if (this.#isAway && now < this.#retryAt) return undefined;
    this.#retryAt = now + RETRY_INTERVAL_MS;
    try {
      const answer = await withTimeout(runOutsideCall(async () => work()));
      if (this.#isAway) this.#log.log('The attempts of all processes are counted together again');
      this.#isAway = false;
      return answer;
    } catch (error) {
      if (!this.#isAway)
        this.#log.warn({
          msg: 'The counters of attempts do not answer: each process limits attempts by itself',
          err: error,
        });
      this.#isAway = true;
      return undefined;
    }
  }
}

/** Rejects after a timeout, but not before the replies that have arrived are read: setImmediate runs after them. */
function withTimeout<T>(work: Promise<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const timer = setTimeout(
    () => setImmediate(() => reject(new Error(`no answer within ${TIMEOUT_MS} ms`))),
    TIMEOUT_MS,
  );
  work.then(resolve, reject).finally(() => clearTimeout(timer));
  return promise;
}
