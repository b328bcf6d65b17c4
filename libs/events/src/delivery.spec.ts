import { afterAll, beforeAll, describe } from 'vitest';
import { query, TestPostgres } from '../../../test/support/postgres.js';
import { migrateQueues } from '../../../test/support/queues.js';
import { deliverySpecs } from './shared-delivery-specs.fixture.js';
import { originSpecs } from './origin/shared-origin-specs.fixture.js';
import { jobSpecs } from './jobs/shared-job-specs.fixture.js';

describe('Delivery with queues on PostgreSQL', () => {
  const server = new TestPostgres();
  beforeAll(() => server.start());
  afterAll(() => server.stop());

  const newEnvironment = async () => {
    const { ownerUrl, queuesUrl } = await server.newDatabase();
    await migrateQueues(ownerUrl, queuesUrl);
    return {
      ownerUrl,
      broker: { databaseUrl: queuesUrl },
      forget: async () => void (await query(ownerUrl, 'truncate bullmq.job cascade')),
    };
  };
  describe('of events', () => {
    deliverySpecs(newEnvironment);
  });
  describe('of forgeries:', () => {
    originSpecs(newEnvironment);
  });
  describe('of jobs', () => {
    jobSpecs(newEnvironment);
  });
});
