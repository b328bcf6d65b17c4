import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { TestPostgres } from '../../../../test/support/postgres.js';
import { afterCommit } from './after-commit.js';

const server = new TestPostgres();
const committed = vi.fn<() => void>();
let database: DataSource;
beforeAll(async () => {
  await server.start();
  const { ownerUrl } = await server.newDatabase();
  database = await new DataSource({ type: 'postgres', url: ownerUrl }).initialize();
});
afterAll(async () => {
  await database.destroy();
  await server.stop();
});
beforeEach(() => {
  committed.mockClear();
});

it('calls once after the commit, not when a savepoint in it is released', async () => {
  await database.transaction(async (manager) => {
    await manager.transaction(async (inner) => afterCommit(inner, committed));
    afterCommit(manager, committed);
    await manager.query('select 1');
    expect(committed).not.toHaveBeenCalled();
  });
  expect(committed).toHaveBeenCalledTimes(1);
});

it('does not call when the transaction is rolled back, nor for the next one', async () => {
  await expect(
    database.transaction(async (manager) => {
      afterCommit(manager, committed);
      throw new Error('rolled back');
    }),
  ).rejects.toThrow('rolled back');
  await database.transaction((manager) => manager.query('select 1'));
  expect(committed).not.toHaveBeenCalled();
});

it('calls at once outside of a transaction', () => {
  afterCommit(database.manager, committed);
  expect(committed).toHaveBeenCalledTimes(1);
});
