import { DataSource } from 'typeorm';
import { afterAll, beforeAll } from 'vitest';
import { TestPostgres } from '../../../test/support/postgres.js';
import { createSampleSchemas } from './sample-modules.fixture.js';

/** Registers hooks that start a PostgreSQL with the sample modules' tables, and connect as the module `ledger`. */
export function ledgerDatabase(): { readonly database: DataSource } {
  const server = new TestPostgres();
  let database: DataSource;
  beforeAll(async () => {
    await server.start();
    const { ledger: url } = await createSampleSchemas((await server.newDatabase()).ownerUrl);
    database = await new DataSource({ type: 'postgres', url: url! }).initialize();
  });
  afterAll(async () => {
    await database.destroy();
    await server.stop();
  });
  return {
    get database() {
      return database;
    },
  };
}
