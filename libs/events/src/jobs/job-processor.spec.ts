import { beforeEach, expect, it, vi } from 'vitest';
import { ledgerDatabase } from '../ledger-database.fixture.js';
import type { JobBinding } from '../handlers/find-handlers.js';
import type { WorkerContext } from '../handlers/worker-context.js';
import { Brief, Copy } from '../sample-modules.fixture.js';
import type { JobContract } from './job.js';
import { Suspects } from '../handlers/suspects.js';
import { JobProcessor } from './job-processor.js';
import { REQUEUE } from './on-job.decorator.js';

const ledger = ledgerDatabase();
beforeEach(async () => {
  await ledger.database.query('delete from outbox');
  await ledger.database.query(
    `insert into outbox (id, queue, type, version, payload) values (7, 'ledger.copy', 'ledger.copy', 1, '{"name": "a"}')`,
  );
});

const suspects = new Suspects(0);
const handled = vi.fn<WorkerContext['metrics']['handled']>();
function processorOf(handle: JobBinding['handle'], contract: JobContract = Copy): JobProcessor {
  const { signal } = new AbortController();
  return new JobProcessor('ledger', { contract, isScheduled: false, handle }, {
    database: ledger.database,
    relay: { relayWithin: () => undefined },
    metrics: { handled, retried: () => undefined },
    shutdown: { stopping: signal, aborting: signal },
    suspects,
  } as unknown as WorkerContext);
}

it('does not run a job of the broker for an earlier round', async () => {
  await ledger.database.query('update outbox set round = 1');
  const handle = vi.fn<JobBinding['handle']>();
  await processorOf(handle).process({ id: 7, round: 0 }, 0);
  await processorOf(handle).process({ id: 7, round: 0 }, 10);
  expect(handle).not.toHaveBeenCalled();
  expect(await ledger.database.query('select round, failed_at from outbox')).toEqual([
    { round: 1, failed_at: null },
  ]);
});

it.each<[string, JobBinding['handle']]>([
  ['ends', async () => undefined],
  ['requeues', async () => REQUEUE],
  ['fails', () => Promise.reject(new Error('no paper'))],
  ['fails for the last time', () => Promise.reject(new Error('no paper'))],
  ['completes', (_payload, job) => job.complete(async () => undefined)],
])('leaves the next round alone when an attempt of the previous one %s', async (outcome, handle) => {
  if (outcome === 'fails for the last time') await ledger.database.query('update outbox set attempts = 2');
  const later = processorOf(async (payload, job) => {
    await ledger.database.query('update outbox set round = 1, attempts = 0');
    return handle(payload, job);
  });
  await later.process({ id: 7, round: 0 }, 0);
  expect(await ledger.database.query('select round, attempts, error, failed_at from outbox')).toEqual([
    { round: 1, attempts: 0, error: null, failed_at: null },
  ]);
});

it('makes a job a dead letter when it hangs in its transaction', async () => {
  const hangs = processorOf((_payload, job) => job.complete(() => new Promise(() => undefined)), Brief);
  await hangs.process({ id: 7, round: 0 }, 0);
  expect(await ledger.database.query('select failed_at is not null as dead from outbox')).toEqual([
    { dead: true },
  ]);
});

it('runs a job that crashed its process while no other such one runs', async () => {
  const handle = vi.fn<JobBinding['handle']>(async () => undefined);
  expect(suspects.tryAcquire()).toBe(true);
  await expect(processorOf(handle).process({ id: 7, round: 0 }, 1)).rejects.toMatchObject({
    code: 'unavailable',
  });
  expect(handle).not.toHaveBeenCalled();
  suspects.release();
  await processorOf(handle).process({ id: 7, round: 0 }, 2);
  expect(handle).toHaveBeenCalledTimes(1);
  expect(suspects.tryAcquire()).toBe(true);
  suspects.release();
});

it('counts the dead letter of a job that crashed its processes', async () => {
  await processorOf(async () => undefined).process({ id: 7, round: 0 }, 10);
  expect(handled.mock.lastCall?.slice(0, 3)).toEqual(['ledger', 'ledger.copy', 'dead']);
});
