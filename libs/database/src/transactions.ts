import { Inject, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { AsyncLocalStorage } from 'node:async_hooks';
import { PeriodicTask } from '@tearline/seam';
import type { DataSource, EntityManager } from 'typeorm';
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
   * Runs `work` in a transaction, or returns the stored reply when the call's idempotency key was used before.
   * Inside of another `run` of the module it joins that transaction, with a savepoint.
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
