import { afterEach, expect, it } from 'vitest';
import { runKills } from './kills.js';
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
