import type { EntityManager } from 'typeorm';
import type { Statement } from './reader.js';

/**
 * Runs a hot write in the manager's transaction, or as one of its own. PostgreSQL parses and plans it once for each connection,
 * which for a statement with several parts takes as long as running it.
 * @returns the rows that it returns
 */
export async function execute<Row>(
  manager: Pick<EntityManager, 'query'>,
  { name, text }: Statement<Row>,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  // TypeORM declares a text, and passes what it is given to pg.
  const result: unknown[] = await manager.query({ name, text } as unknown as string, [...values]);
  // For an UPDATE or DELETE, TypeORM returns the rows and their count.
  return (typeof result[1] === 'number' ? result[0] : result) as Row[];
}
