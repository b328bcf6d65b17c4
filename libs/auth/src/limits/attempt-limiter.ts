import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { OnApplicationShutdown } from '@nestjs/common';
import { currentCall, type SeamError, Semaphore } from '@tearline/seam';
import { LRUCache } from 'lru-cache';
import { Counter, type Registry } from 'prom-client';
import type { AttemptLimit, AttemptStore, Settlement } from './attempt-store.js';
import { SharedAttempts, type SharedVerdict } from './shared-attempts.js';
import { tooMany } from './too-many.js';

/** Attempts to one key from one process that wait for each other. */
const MAX_QUEUED = 250;
/** An attempt waits this long for those of other processes that may fail. */
const MAX_BUSY_MS = 3_000;
const BUSY_INTERVAL_MS = 20;

/** A limit on the attempts of a key. */
export interface LimitedKey extends AttemptLimit {
  /** Whether a successful attempt forgives earlier failures. */
  readonly isResetBySuccess?: boolean;
}

/** Limits failed attempts over all processes that share a store; while it does not answer, those of each process. */
export class AttemptLimiter implements OnApplicationShutdown {
  readonly #attempts: SharedAttempts;
  /** The ends of the windows that are full: an attempt within one needs no store. */
  readonly #fullUntil = new LRUCache<string, number>({ max: 20_000 });
  readonly #turns = new Map<string, Semaphore>();
  readonly #refused: Counter<'limit'> | undefined;
  readonly #unshared: Counter<'limit'> | undefined;

  constructor(
    private readonly store: AttemptStore,
    registry?: Registry,
  ) {
    this.#attempts = new SharedAttempts(store);
    if (!registry) return;
    const counter = (name: string, help: string) =>
      new Counter({ name, help, labelNames: ['limit'], registers: [registry] });
    this.#refused = counter('attempts_refused_total', 'Attempts over a limit on attempts');
    this.#unshared = counter('attempts_unshared_total', 'Attempts that this process counted by itself');
  }

  /**
   * Makes an attempt, unless too many have failed. Attempts to the last key from one process take turns.
   * @param resource first part of the error code, e.g. `credentials`
   * @param keys that limit the attempt, the one with most attempts first
   * @param attempt resolves with undefined when it failed; one that throws does not count
   * @throws SeamError <resource>/too-many with `data.retryAfter` in seconds; `unavailable` when too many wait
   */
  run<T>(
    resource: string,
    keys: readonly LimitedKey[],
    attempt: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    // Of a counter that begins with its first attempt, Prometheus sees no increase.
    for (const counter of [this.#refused, this.#unshared]) counter?.inc({ limit: resource }, 0);
    const limits = keys.map((limit) => ({ ...limit, key: digest(`${resource}\n${limit.key}`) }));
    return this.#inTurn(limits.at(-1)!.key, async () => {
      const reservation = await this.#reserve(resource, limits);
      const settle = (outcome: (limit: LimitedKey) => Settlement[1]) =>
        this.#attempts.settle(
          limits.map((limit) => [limit.key, outcome(limit)]),
          reservation,
        );
      const result = await attempt().catch(async (error: unknown) => {
        await settle(() => 'released');
        throw error;
      });
      await settle(({ isResetBySuccess }) =>
        result === undefined ? 'failed' : isResetBySuccess ? 'reset' : 'released',
      );
      return result;
    });
  }

  onApplicationShutdown(): void {
    this.store.close?.();
  }

  async #inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const turn = this.#turns.get(key) ?? new Semaphore(1, MAX_QUEUED, 'too many attempts wait');
    this.#turns.set(key, turn);
    try {
      return await turn.run(work);
    } finally {
      if (turn.running === 0) this.#turns.delete(key);
    }
  }

  async #reserve(resource: string, limits: readonly AttemptLimit[]): Promise<SharedVerdict> {
    const until = performance.now() + MAX_BUSY_MS;
    for (;;) {
      const now = performance.now();
      const fullUntil = Math.max(...limits.map(({ key }) => this.#fullUntil.get(key) ?? 0));
      if (now < fullUntil) throw this.#refuse(resource, fullUntil - now);
      const reservation = await this.#attempts.reserve(limits);
      const { verdict, isShared } = reservation;
      if (!isShared) this.#unshared?.inc({ limit: resource });
      if (verdict === 'reserved') return reservation;
      if (verdict !== 'busy') {
        this.#fullUntil.set(verdict.key, performance.now() + verdict.forMs);
        throw this.#refuse(resource, verdict.forMs);
      }
      if (performance.now() > until) throw this.#refuse(resource, 0);
      await delay(BUSY_INTERVAL_MS * (0.5 + Math.random()));
      const cancelled = currentCall()?.cancelled;
      if (cancelled) throw cancelled;
    }
  }

  #refuse(resource: string, forMs: number): SeamError {
    this.#refused?.inc({ limit: resource });
    return tooMany(resource, forMs);
  }
}

/** Keys are e-mail addresses, among others, which the store need not know. */
const digest = (key: string) => createHash('sha256').update(key).digest('base64url');
