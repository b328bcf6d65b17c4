import type { Reader } from '@tearline/database';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ModuleDatabase, startModuleDatabase } from '../../../../../test/support/module-database.js';
import { data } from '../index.js';
import { PostgresSessionStore } from './postgres-session-store.js';
import { lifetimes, newSession, sessionStoreSpecs } from './session-store-specs.fixture.js';

let database: ModuleDatabase;
let store: PostgresSessionStore;
beforeAll(async () => {
  database = await startModuleDatabase(data);
  const { dataSource } = database;
  const rows = ({ text }: { text: string }, values?: unknown[]) => dataSource.query<unknown[]>(text, values);
  const reader = {
    rows,
    row: async (statement: { text: string }, values?: unknown[]) => (await rows(statement, values))[0],
  };
  store = new PostgresSessionStore(dataSource, reader as unknown as Reader, lifetimes);
});
afterAll(() => database?.stop());

let users = 0;
async function newUser(): Promise<number> {
  users += 1;
  const name = `user${users}`;
  const [user] = await database.dataSource.query<{ id: number }[]>(
    `insert into users (username, canonical_username, email, canonical_email, password_hash)
     values ($1, $1, $1, $1, '') returning id`,
    [name],
  );
  return user!.id;
}

sessionStoreSpecs('PostgreSQL', () => store, newUser);

it('are deleted when they have expired', async () => {
  const user = await newUser();
  const now = Date.now();
  const open = newSession(user);
  await store.add(open);
  await store.add(newSession(user, { lastUsedAt: now - lifetimes.idle - 1_000 }));
  await store.add(newSession(user, { createdAt: now - lifetimes.absolute - 1_000 }));
  await store.prune(now);
  expect(await store.list(user)).toEqual([open]);
});
