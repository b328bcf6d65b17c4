import { Inject, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { AsyncLocalStorage } from 'node:async_hooks';
import { currentCall, PeriodicTask } from '@tearline/seam';
import type { DataSource, EntityManager } from 'typeorm';
import { repeatOnConflict } from './conflicts.js';
import { currentRequestKey, saveReply, RETENTION_HOURS, findReply, insertKey } from './idempotency-keys.js';

const PRUNE_INTERVAL_MS = 10 * 60_000;

/** The result of a transaction: stored as JSON, and returned to repetitions of the request. */
export type Reply =
  string | number | boolean | null | void | { readonly [key: string]: Reply } | readonly Reply[];

/**
 * Idempotent transactions of a module: each takes effect once per idempotency key.
 * Key and reply are a row of the module's schema, written in the transaction of the effect. For 24 hours every replica of
 * the host answers a repetition from that row.
 */
export class Transactions implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #current = new AsyncLocalStorage<EntityManager>();
  readonly #pruning = new PeriodicTask('deletion of old idempotency keys', PRUNE_INTERVAL_MS, () =>
    this.prune(),
  );

  constructor(private readonly database: DataSource) {}

  /**
   * Runs `work` in a transaction, or returns the stored reply when the call's idempotency key was used before. Runs it again
   * when the transaction conflicts with a concurrent one, so `work` has no effect but through its manager.
   * Inside of another transaction of the module it joins that one, with a savepoint.
   * @param operation unique among the transactions of one call, e.g. `create article`
   * @param request the request as JSON, without secrets: the same key with another request is an error
   * @returns the result of `work`, which must be JSON
   * @throws SeamError `idempotency-key/was-used-for-another-request`
   */
  async run<T extends Reply>(
    operation: string,
    request: unknown,
    work: (manager: EntityManager) => Promise<T>,
  ): Promise<T> {
    const runOnce = () => this.runOnce(operation, request, work);
    // PostgreSQL has ended the outer transaction, too.
    return this.#current.getStore() ? runOnce() : repeatOnConflict(runOnce);
  }

  /** Does the same without a repetition, for `work` with other effects. @throws SeamError `unavailable` after a conflict */
  async runOnce<T extends Reply>(
    operation: string,
    request: unknown,
    work: (manager: EntityManager) => Promise<T>,
  ): Promise<T> {
    const outer = this.#current.getStore();
    if (outer) return outer.transaction(work);
    const requestKey = currentRequestKey(operation, request);
    return this.database.transaction(async (manager) => {
      if (!requestKey) return work(manager);
      const { isNew, reply } = await insertKey(manager, requestKey);
      if (!isNew) return reply as T;
      const result = await this.#current.run(manager, () => work(manager));
      await saveReply(manager, requestKey, result);
      return result;
    });
  }

  /**
   * Does what `run` does, for `work` that is one statement: without an idempotency key, in one round trip.
   * @returns the result of the statement, which must be JSON
   */
  async runOneStatement<T extends Reply>(
    operation: string,
    request: unknown,
    work: (manager: EntityManager) => Promise<T>,
  ): Promise<T> {
    return this.#isAlone ? work(this.database.manager) : this.run(operation, request, work);
  }

  /**
   * Runs a statement that is a transaction of its own: without an idempotency key in one round trip, else as `run` does.
   * @param work runs the statement, and throws when it must not count as done
   * @returns its result; undefined for a repetition, since the result is not stored
   */
  async runStatement<T>(
    operation: string,
    request: unknown,
    work: (manager: EntityManager) => Promise<T>,
  ): Promise<T | undefined> {
    if (this.#isAlone) return work(this.database.manager);
    let result: T | undefined;
    await this.run(operation, request, async (manager) => {
      result = await work(manager);
    });
    return result;
  }

  /** Whether a statement needs no transaction around it: no key to store, and no transaction to join. */
  get #isAlone(): boolean {
    return currentCall()?.idempotencyKey === undefined && !this.#current.getStore();
  }

  /** Returns the reply that `run` stored for this key, if there is one; for work that must not start a second time. */
  async findReply(operation: string, request: unknown): Promise<{ reply: unknown } | undefined> {
    const requestKey = currentRequestKey(operation, request);
    return requestKey && findReply(this.database.manager, requestKey);
  }

  onApplicationBootstrap(): void {
    this.#pruning.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.#pruning.stop();
  }

  /** Deletes keys after their retention. */
  async prune(): Promise<void> {
    await this.database.query(
      `delete from idempotency_keys where created_at < now() - interval '${RETENTION_HOURS} hours'`,
    );
  }
}

export const transactionsToken = (module: string) => `${module} transactions`;

/** Injects the Transactions of a module: `@InjectTransactions('articles') private readonly transactions: Transactions`. */
export const InjectTransactions = (module: string) => Inject(transactionsToken(module));
