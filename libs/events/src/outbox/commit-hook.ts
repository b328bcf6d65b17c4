import type { DataSource, EntityManager, EntitySubscriberInterface, QueryRunner } from 'typeorm';

const announced = new WeakMap<QueryRunner, Set<() => void>>();

/** Calls `listener` when the manager's transaction has committed, or at once when there is none. */
export function announceCommit({ queryRunner }: EntityManager, listener: () => void): void {
  if (!queryRunner?.isTransactionActive) return listener();
  const listeners = announced.get(queryRunner);
  if (listeners) listeners.add(listener);
  else announced.set(queryRunner, new Set([listener]));
}

/** Has the transactions of a DataSource tell those who asked; a savepoint is not the end of one. */
export function watchCommits(database: DataSource): void {
  const hook: EntitySubscriberInterface = {
    afterTransactionCommit: ({ queryRunner }) => end(queryRunner, true),
    afterTransactionRollback: ({ queryRunner }) => end(queryRunner, false),
  };
  database.subscribers.push(hook);
}

function end(queryRunner: QueryRunner, isCommitted: boolean): void {
  if (queryRunner.isTransactionActive) return;
  const listeners = announced.get(queryRunner);
  announced.delete(queryRunner);
  if (isCommitted && listeners) for (const listener of listeners) listener();
}
