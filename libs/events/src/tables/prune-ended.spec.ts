import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestPostgres } from '../../../../test/support/postgres.js';
import { createSampleSchemas } from '../sample-modules.fixture.js';
import { pruneEnded } from './prune-ended.js';

const server = new TestPostgres();
let database: DataSource;
beforeAll(async () => {
  await server.start();
  const { ownerUrl } = await server.newDatabase();
  const urls = await createSampleSchemas(ownerUrl);
  database = await new DataSource({ type: 'postgres', url: urls['ledger']! }).initialize();
});
afterAll(async () => {
  await database.destroy();
  await server.stop();
});

it('deletes aggregates that ended long ago and have no pending events', async () => {
  await database.query(`
    insert into inbox_cursors (publisher, aggregate, last, ended_at) values
      ('shop', 'lives', 1, null), ('shop', 'ended lately', 1, now() - interval '29 days'),
      ('shop', 'ended', 1, now() - interval '31 days'), ('shop', 'ended and waits', 1, now() - interval '31 days');
    insert into inbox (publisher, aggregate, seq, event) values ('shop', 'ended and waits', 2, '{}');
    insert into event_sequences (subscriber, aggregate, last, ended_at) values
      ('shop', 'lives', 1, null), ('shop', 'ended lately', 1, now() - interval '59 days'),
      ('shop', 'ended', 1, now() - interval '61 days'), ('shop', 'ended and waits', 1, now() - interval '61 days');
    insert into outbox (queue, aggregate, seq, type, version, payload) values ('shop', 'ended and waits', 1, 't', 1, '{}')`);
  await pruneEnded(database, 'ledger');
  for (const table of ['inbox_cursors', 'event_sequences'])
    expect(await database.query(`select aggregate from ${table} order by aggregate`)).toEqual([
      { aggregate: 'ended and waits' },
      { aggregate: 'ended lately' },
      { aggregate: 'lives' },
    ]);
});
