import type { IdempotencyStore, KeyedCommand } from '@tearline/seam';
import type { Transactions } from './transactions.js';

/**
 * Honours the idempotency keys of commands, with a row in the schema of the module that answers: the seam's port,
 * filled. Made by an application and given to the host and to `DatabaseModule.forRoot` alike.
 */
export class TransactionalIdempotencyStore implements IdempotencyStore {
  readonly #transactions = new Map<string, Transactions>();

  /** Called once for each module of the process, whose contract has the module's name. */
  add(module: string, transactions: Transactions): void {
    this.#transactions.set(module, transactions);
  }

  runOnce({ contract, method, requestHash }: KeyedCommand, run: () => Promise<string>): Promise<string> {
    const transactions = this.#transactions.get(contract);
    if (!transactions) throw new Error(`no database is open for the commands of '${contract}'`);
    return transactions.run(`answer ${method}`, requestHash, run);
  }
}
