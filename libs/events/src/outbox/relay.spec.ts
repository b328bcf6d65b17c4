import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Broker } from '../broker/broker.js';
import { DirectSubscribers } from '../direct/direct-subscribers.js';
import { ledgerDatabase } from '../ledger-database.fixture.js';
import { eventually } from '../test-environment.fixture.js';
import type { Origin } from '../origin/origin.js';
import { Relay } from './relay.js';

const ledger = ledgerDatabase();
let relay: Relay;
const addBulk = vi.fn<(jobs: unknown[]) => Promise<void>>();
beforeEach(async () => {
  await ledger.database.query('delete from outbox');
  await ledger.database.query(
    `insert into outbox (queue, type, version, payload) select 'q', 't', 1, '{}' from generate_series(1, 2)`,
  );
  const origin = { signer: async () => ({ job: () => ({ signature: 'the same each time' }) }) };
  const broker = { queue: () => ({ addBulk }) } as unknown as Broker;
  relay = new Relay(
    'ledger',
    ledger.database,
    broker,
    origin as unknown as Origin,
    new DirectSubscribers(broker),
  );
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
    const [, count] = await ledger.database.query<[unknown, number]>(
      `update outbox set next_at = now() + interval '1 hour' where sends = 0`,
    );
    expect(count).toBe(2);
  });
  const selected = vi.spyOn(ledger.database, 'query');
  await eventually(() => expect(selected).toHaveBeenCalledTimes(2));
  expect(log).not.toHaveBeenCalled();
  addBulk.mockReset();
  await ledger.database.query('update outbox set next_at = now()');
  await eventually(() => expect(log).toHaveBeenCalledTimes(1));
  expect(addBulk.mock.lastCall?.[0]).toHaveLength(1);
});

it('leaves the next attempt of a job alone when its send has failed, but arrived', async () => {
  vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
  addBulk.mockImplementationOnce(async () => {
    await ledger.database.query(
      `update outbox set round = 1, sends = 0, next_at = now() + interval '5 minutes'`,
    );
    throw new Error('Command timed out');
  });
  const made = vi.spyOn(ledger.database, 'query');
  relay.start();
  await eventually(() =>
    expect(made.mock.calls.some(([sql]) => JSON.stringify(sql).includes('any($1)'))).toBe(true),
  );
  await relay.stop();
  expect(await ledger.database.query('select next_at > now() as waits from outbox')).toEqual([
    { waits: true },
    { waits: true },
  ]);
});

it('sends the rows that no other relay has claimed, and does not wait for the others', async () => {
  addBulk.mockReset().mockResolvedValue();
  const other = ledger.database.createQueryRunner();
  await other.startTransaction();
  await other.query('select from outbox order by id limit 1 for update');
  relay.start();
  await eventually(() => expect(addBulk).toHaveBeenCalled());
  expect(addBulk.mock.calls.map(([jobs]) => jobs.length)).toEqual([1]);
  await other.rollbackTransaction();
  await other.release();
  await eventually(() => expect(addBulk).toHaveBeenCalledTimes(2));
});
