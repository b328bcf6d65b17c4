import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { Broker } from '../broker/broker.js';
import { TestPostgres } from '../../../../test/support/postgres.js';
import { createSampleSchemas } from '../sample-modules.fixture.js';
import { eventually } from '../test-environment.fixture.js';
import { Relay } from './relay.js';

const server = new TestPostgres();
let database: DataSource;
let relay: Relay;
const addBulk = vi.fn<(jobs: unknown[]) => Promise<void>>();
beforeAll(async () => {
  await server.start();
  const { ledger: url } = await createSampleSchemas((await server.newDatabase()).ownerUrl);
  database = await new DataSource({ type: 'postgres', url: url! }).initialize();
});
afterAll(async () => {
  await database.destroy();
  await server.stop();
});
beforeEach(async () => {
  await database.query('delete from outbox');
  await database.query(
    `insert into outbox (queue, type, version, payload) select 'q', 't', 1, '{}' from generate_series(1, 2)`,
  );
  relay = new Relay('ledger', database, { queue: () => ({ addBulk }) } as unknown as Broker);
});
afterEach(async () => {
  await relay.stop();
  vi.restoreAllMocks();
});

it('does not take an empty outbox for a broker that answers again', async () => {
  const log = vi.spyOn(Logger.prototype, 'log').mockReturnValue();
  vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
  addBulk.mockRejectedValue(new Error('no Redis'));
  relay.start();
  await eventually(() => expect(addBulk).toHaveBeenCalled());
  // Another process has the rows.
  await eventually(async () => {
    const [, count] = await database.query<[unknown, number]>(
      `update outbox set next_at = now() + interval '1 hour' where sends = 0`,
    );
    expect(count).toBe(2);
  });
  const selected = vi.spyOn(database, 'query');
  await eventually(() => expect(selected).toHaveBeenCalledTimes(2));
  expect(log).not.toHaveBeenCalled();
  addBulk.mockReset();
  await database.query('update outbox set next_at = now()');
  await eventually(() => expect(log).toHaveBeenCalledTimes(1));
  expect(addBulk.mock.lastCall?.[0]).toHaveLength(1);
});

it('leaves the next attempt of a job alone when its send has failed, but arrived', async () => {
  vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
  addBulk.mockImplementationOnce(async () => {
    await database.query(`update outbox set round = 1, sends = 0, next_at = now() + interval '5 minutes'`);
    throw new Error('Command timed out');
  });
  const made = vi.spyOn(database, 'query');
  relay.start();
  await eventually(() => expect(made.mock.calls.some(([sql]) => sql.includes('any($1)'))).toBe(true));
  await relay.stop();
  expect(await database.query('select next_at > now() as waits from outbox')).toEqual([
    { waits: true },
    { waits: true },
  ]);
});
