import pg from 'pg';
import { afterAll, beforeAll, describe } from 'vitest';
import { query, TestPostgres } from '../../../../test/support/postgres.js';
import { migrateQueues } from '../../../../test/support/queues.js';
import { broadcasterSpecs } from './shared-broadcaster-specs.fixture.js';

const END_ALL_BUT_LISTENERS = `
  select pg_terminate_backend(pid, 5000) from pg_stat_activity
   where usename = current_user and pid <> pg_backend_pid() and query not like 'listen %'`;

describe('Broadcaster on PostgreSQL', () => {
  const server = new TestPostgres();
  let url: string;
  let adminUrl: string;
  beforeAll(async () => {
    await server.start();
    const { ownerUrl, queuesUrl } = await server.newDatabase();
    await migrateQueues(ownerUrl, queuesUrl);
    [url, adminUrl] = [queuesUrl, ownerUrl];
  });
  afterAll(() => server.stop());
  broadcasterSpecs(
    () => ({ databaseUrl: url }),
    async () => {
      await query(
        url,
        'select pg_terminate_backend(pid) from pg_stat_activity where usename = current_user and pid <> pg_backend_pid()',
      );
    },
    async () => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      const role = new URL(url).username;
      await query(adminUrl, `alter role ${role} connection limit 0`);
      await client.query(END_ALL_BUT_LISTENERS);
      await client.end();
      return () => query(adminUrl, `alter role ${role} connection limit -1`);
    },
  );
});
