import type { IdempotencyStore, KeyedCommand } from '@tearline/seam';
import type { Transactions } from './transactions.js';

/**
 * Implements the seam's IdempotencyStore with the Transactions of the module that owns the command. An application passes
 * one instance to the host and to `DatabaseModule.forRoot`.
 */
export class TransactionalIdempotencyStore implements IdempotencyStore {
  readonly #transactions = new Map<string, Transactions>();

  /** Called once for each module of the process. Its contract has the module's name. */
  add(module: string, transactions: Transactions): void {
    this.#transactions.set(module, transactions);
  }

  runOnce({ contract, method, requestHash }: KeyedCommand, run: () => Promise<string>): Promise<string> {
    const transactions = this.#transactions.get(contract);
    if (!transactions) throw new Error(`no database is registered for commands of '${contract}'`);
    return transactions.runOnce(`answer ${method}`, requestHash, run);
  }
}
