import { afterEach, expect, it, vi } from 'vitest';
import { runKills } from './kills.js';
import { FATAL_ENTRY } from './injection-points.js';
import { TestEnvironment } from './test-environment.js';

let environment: TestEnvironment | undefined;
afterEach(async () => {
  await environment?.close();
});

it('detects a handler that commits its effect outside of its transaction', { timeout: 300_000 }, async () => {
  environment = await TestEnvironment.open({
    broker: 'postgres',
    replicas: 1,
    defect: 'effect-outside-the-transaction',
  });
  const dying = { victim: 'worker', point: 'effect', role: 'worker', kills: 2 } as const;
  expect(await runKills(environment, [dying], { name: 'defective', rate: 20 })).toMatchObject({
    killed: 2,
    lost: 0,
    doubled: expect.toSatisfy((count: number) => count >= 2),
  });
});

it.each(['postgres', 'none'] as const)(
  'an event that ends its process is a dead letter after three times, and takes nothing else along (queues: %s)',
  async (broker) => {
    const opened = await TestEnvironment.open({ broker, replicas: 1, defect: 'handler-ends-its-process' });
    environment = opened;
    const [[host], [worker]] = [opened.ofRole('host'), opened.ofRole('worker')];
    /** Without queues, the handler ends the process that serves the requests. */
    const enter = (aggregate: string, n: number) =>
      vi.waitFor(
        async () => {
          await host!.ready();
          const { status } = await fetch(`${host!.url}/entries`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ aggregate, n }),
          });
          expect(status).toBe(204);
        },
        { timeout: 30_000, interval: 50 },
      );
    await enter('fatal', FATAL_ENTRY);
    for (let n = 1; n <= 30; n += 1) await enter(`other/${n % 10}`, n);
    await vi.waitFor(
      async () => {
        // What a process took is due again after some seconds.
        await opened.rows('update ledger.outbox set next_at = now() where attempts > 0');
        await opened.rows("update copies.inbox set next_at = now() where claims > 0 and state = 'waiting'");
        const dead = await opened.rows(
          "select error like '%ended during 3 attempts%' as by_crashes from copies.inbox where state = 'dead'",
        );
        expect(dead).toEqual([{ by_crashes: true }]);
      },
      { timeout: 120_000, interval: 100 },
    );
    expect(worker!.starts).toBe(4);
    await vi.waitFor(
      async () => expect(await opened.rows('select distinct n from copies.effects')).toHaveLength(30),
      { timeout: 30_000 },
    );
    expect(worker!.starts).toBe(4);
  },
  240_000,
);

it('detects events that are published in a transaction of their own', { timeout: 300_000 }, async () => {
  environment = await TestEnvironment.open({
    broker: 'postgres',
    replicas: 1,
    defect: 'event-in-a-transaction-of-its-own',
  });
  const dying = { victim: 'host', point: 'committed', role: 'host', kills: 2 } as const;
  expect(
    await runKills(environment, [dying], { name: 'defective', rate: 20, timeoutMs: 5_000 }),
  ).toMatchObject({
    killed: 2,
    lost: expect.toSatisfy((count: number) => count >= 2),
    doubled: 0,
    problem: expect.stringContaining('everything delivered'),
  });
});
