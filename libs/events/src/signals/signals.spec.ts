import { afterAll, beforeAll, describe } from 'vitest';
import { migrateQueues } from '../broker/migrate-queues.js';
import { query, QueuesServer } from '../broker/queues-database.fixture.js';
import { itSignals } from './signals-behaviour.fixture.js';

describe('Signals on PostgreSQL', () => {
  const server = new QueuesServer();
  let url: string;
  beforeAll(async () => {
    await server.start();
    const { ownerUrl, queuesUrl } = await server.newDatabase();
    await migrateQueues(ownerUrl, queuesUrl);
    url = queuesUrl;
  });
  afterAll(() => server.stop());
  itSignals(
    () => ({ databaseUrl: url }),
    async () => {
      await query(
        url,
        'select pg_terminate_backend(pid) from pg_stat_activity where usename = current_user and pid <> pg_backend_pid()',
      );
    },
  );
});
