import type { DataSource, EntityManager, EntitySubscriberInterface, QueryRunner } from 'typeorm';

const pending = new WeakMap<QueryRunner, Set<() => void>>();
const hooked = new WeakSet<DataSource>();

/**
 * Calls a listener when the manager's outermost transaction has committed, or at once outside of a transaction. After a
 * rollback it is not called. A listener that is given several times in one transaction is called once.
 */
export function afterCommit({ queryRunner }: EntityManager, listener: () => void): void {
  if (!queryRunner?.isTransactionActive) return listener();
  hookInto(queryRunner.connection);
  const listeners = pending.get(queryRunner);
  if (listeners) listeners.add(listener);
  else pending.set(queryRunner, new Set([listener]));
}

function hookInto(database: DataSource): void {
  if (hooked.has(database)) return;
  hooked.add(database);
  const hook: EntitySubscriberInterface = {
    afterTransactionCommit: ({ queryRunner }) => finish(queryRunner, true),
    afterTransactionRollback: ({ queryRunner }) => finish(queryRunner, false),
  };
  database.subscribers.push(hook);
}

function finish(queryRunner: QueryRunner, isCommitted: boolean): void {
  // TypeORM emits both for savepoints, too; the transaction is active then.
  if (queryRunner.isTransactionActive) return;
  const listeners = pending.get(queryRunner);
  pending.delete(queryRunner);
  if (isCommitted && listeners) for (const listener of listeners) listener();
}
