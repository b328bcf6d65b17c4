import { Inject, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { AsyncLocalStorage } from 'node:async_hooks';
import { PeriodicTask } from '@tearline/seam';
import type { DataSource, EntityManager } from 'typeorm';
import { currentRequestKey, saveReply, RETENTION_HOURS, findReply, insertKey } from './idempotency-keys.js';

const PRUNE_INTERVAL_MS = 10 * 60_000;

/** What a transaction may give back: it is kept as JSON for those who ask again. */
export type Reply =
  string | number | boolean | null | void | { readonly [key: string]: Reply } | readonly Reply[];

/**
 * The write door of a module: transactions that take effect once for each idempotency key.
 * Key and reply are a row of the module's own schema, written in the transaction of the effect, so that whoever
 * repeats the call is answered from it, by this replica or another, for 24 hours.
 */
export class Transactions implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #current = new AsyncLocalStorage<EntityManager>();
  readonly #pruning = new PeriodicTask('deletion of old idempotency keys', PRUNE_INTERVAL_MS, () =>
    this.prune(),
  );

  constructor(private readonly database: DataSource) {}

  /**
   * Runs `work` in a transaction, or, where the call's idempotency key has been seen, answers what it gave then.
   * Inside another `once` of the module it joins that transaction (by a savepoint).
   * @param operation unique among the transactions that one call may make, e.g. `create article`
   * @param request JSON of what is asked for, without secrets: the same key with another one is refused
   * @returns what `work` gives; it must be JSON
   * @throws SeamError `idempotency-key/was-used-for-another-request`
   */
  async run<T extends Reply>(
    operation: string,
    request: unknown,
    work: (manager: EntityManager) => Promise<T>,
  ): Promise<T> {
    const outer = this.#current.getStore();
    if (outer) return outer.transaction(work);
    const claim = currentRequestKey(operation, request);
    return this.database.transaction(async (manager) => {
      if (!claim) return work(manager);
      const { ours, reply } = await insertKey(manager, claim);
      if (!ours) return reply as T;
      const result = await this.#current.run(manager, () => work(manager));
      await saveReply(manager, claim, result);
      return result;
    });
  }

  /** What `once` gave before for this key, if it did; for work that must be known to be done before it is begun again. */
  async findReply(operation: string, request: unknown): Promise<{ reply: unknown } | undefined> {
    const claim = currentRequestKey(operation, request);
    return claim && findReply(this.database.manager, claim);
  }

  onApplicationBootstrap(): void {
    this.#pruning.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.#pruning.stop();
  }

  /** Forgets the keys that nobody will repeat any more. */
  async prune(): Promise<void> {
    await this.database.query(
      `delete from idempotency_keys where created_at < now() - interval '${RETENTION_HOURS} hours'`,
    );
  }
}

export const transactionsToken = (module: string) => `${module} transactions`;

/** Injects the write door of a module: `@InjectTransactions('articles') private readonly transactions: Transactions`. */
export const InjectTransactions = (module: string) => Inject(transactionsToken(module));
