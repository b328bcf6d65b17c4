import { ContractError } from '@tearline/seam';
import type { DataSource } from 'typeorm';
import { isTransient } from '../handlers/failure.js';

/**
 * Checks at start that a module has its outbox and inbox. Does nothing while its database is unreachable.
 * @throws ContractError with the line to add
 */
export async function assertTables(database: Pick<DataSource, 'query'>, module: string): Promise<void> {
  const tables = ['outbox', 'inbox'].map((table) => `"${module}".${table}`);
  try {
    const [row] = await database.query<{ exist: boolean }[]>(
      'select bool_and(to_regclass(name) is not null) as exist from unnest($1::text[]) as name',
      [tables],
    );
    if (row!.exist) return;
  } catch (error) {
    if (isTransient(error)) return;
    throw error;
  }
  throw new ContractError(
    `'${module}' has no tables for its events: add createEventTables('${module}') to its migrations, ` +
      'then run `npm run migrate`',
  );
}
