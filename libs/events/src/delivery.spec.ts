import { afterAll, beforeAll, describe } from 'vitest';
import { migrateQueues } from './broker/migrate-queues.js';
import { query, QueuesServer } from './broker/queues-database.fixture.js';
import { itDelivers } from './delivery-behaviour.fixture.js';
import { itDoesJobs } from './jobs/jobs-behaviour.fixture.js';

describe('Delivery with queues on PostgreSQL', () => {
  const server = new QueuesServer();
  beforeAll(() => server.start());
  afterAll(() => server.stop());

  const newGround = async () => {
    const { ownerUrl, queuesUrl } = await server.newDatabase();
    await migrateQueues(ownerUrl, queuesUrl);
    return {
      ownerUrl,
      broker: { databaseUrl: queuesUrl },
      forget: async () => void (await query(ownerUrl, 'truncate bullmq.job cascade')),
    };
  };
  describe('of events', () => {
    itDelivers(newGround);
  });
  describe('of jobs', () => {
    itDoesJobs(newGround);
  });
});
