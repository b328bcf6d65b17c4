import { afterAll, beforeAll, expect, it } from 'vitest';
import { attemptStoreSpecs } from '../../../../test/support/attempt-store-specs.js';
import { type ModuleDatabase, startModuleDatabase } from '../../../../test/support/module-database.js';
import { DatabaseAttempts } from './database-attempts.js';
import { data } from './index.js';

let database: ModuleDatabase;
let store: DatabaseAttempts;
beforeAll(async () => {
  database = await startModuleDatabase(data);
  store = new DatabaseAttempts(database.dataSource);
});
afterAll(() => database?.stop());

attemptStoreSpecs('the database', () => [store]);

it('windows end, and are deleted then', async () => {
  const limit = [{ key: 'window', max: 1 }];
  const age = (interval: string) =>
    database.dataSource.query(
      `update attempts set ends_at = now() - interval '${interval}' where key = 'window'`,
    );
  await store.reserve(limit);
  await store.settle([['window', 'failed']]);
  expect(await store.reserve(limit)).toMatchObject({ key: 'window' });
  await age('1 millisecond');
  await store.prune();
  expect(await store.reserve(limit)).toBe('reserved');
  await age('2 minutes');
  await store.prune();
  expect(await database.dataSource.query("select from attempts where key = 'window'")).toEqual([]);
});
