import { type Job, DelayedError, type Processor } from 'bullmq';
import { beforeEach, expect, it, vi } from 'vitest';
import type { JobBinding } from './handlers/find-handlers.js';
import { Suspects } from './handlers/suspects.js';
import type { WorkerContext } from './handlers/worker-context.js';
import { ledgerDatabase } from './ledger-database.fixture.js';
import { ModuleWorker } from './module-worker.js';
import { Copy } from './sample-modules.fixture.js';

const ledger = ledgerDatabase();
beforeEach(async () => {
  await ledger.database.query('delete from outbox');
  await ledger.database.query(
    `insert into outbox (id, queue, type, version, payload) values (7, 'ledger.copy', 'ledger.copy', 1, '{"name": "a"}')`,
  );
});

const handle = vi.fn<JobBinding['handle']>(async () => undefined);
const moveToDelayed = vi.fn<Job['moveToDelayed']>(async () => undefined);
beforeEach(() => {
  handle.mockClear();
  moveToDelayed.mockClear();
});

/** Gives a worker a job of the broker, as a process of that age would receive it. */
async function deliver(stalledCounter: number, minUptimeMs: number): Promise<void> {
  let process: Processor | undefined;
  const { signal } = new AbortController();
  const context = {
    database: ledger.database,
    broker: { worker: (_queue: string, processor: Processor) => void (process = processor) },
    origin: { job: async () => ({ id: 7, round: 0 }) },
    metrics: { handled: () => undefined },
    relay: { relayWithin: () => undefined },
    shutdown: { stopping: signal, aborting: signal },
    suspects: new Suspects(minUptimeMs),
  } as unknown as WorkerContext;
  const jobs = new Map([[Copy.name, { contract: Copy, isScheduled: false, handle }]]);
  await new ModuleWorker({ module: 'ledger', events: new Map(), jobs, schedules: [] }, context).start();
  await process!({ id: '7', name: Copy.name, stalledCounter, moveToDelayed } as unknown as Job, 'token');
}

it('gives a job that was in a process when that ended back, as long as it has just started itself', async () => {
  const before = Date.now();
  await expect(deliver(1, 60_000)).rejects.toThrow(DelayedError);
  expect(handle).not.toHaveBeenCalled();
  const [until, token] = moveToDelayed.mock.lastCall!;
  expect(until).toBeGreaterThan(before + 50_000);
  expect(until).toBeLessThanOrEqual(Date.now() + 60_000);
  expect(token).toBe('token');
});

it.each([
  ['is new', 0, 60_000],
  ['was in a process when that ended, once it has run for a while', 1, 0],
])('runs a job that %s', async (_which, stalledCounter, minUptimeMs) => {
  await deliver(stalledCounter, minUptimeMs);
  expect(handle).toHaveBeenCalledTimes(1);
  expect(moveToDelayed).not.toHaveBeenCalled();
});
