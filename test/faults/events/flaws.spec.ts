import { afterEach, expect, it } from 'vitest';
import { runKills } from './kills.js';
import { Rig } from './rig.js';

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
});

it(
  'finds effects twice whose handler commits them outside of its transaction',
  { timeout: 300_000 },
  async () => {
    rig = await Rig.open({ broker: 'postgres', replicas: 1, flaw: 'effect-outside-the-transaction' });
    const dying = { victim: 'worker', point: 'effect', role: 'worker', kills: 2 } as const;
    expect(await runKills(rig, [dying], { name: 'flawed', rate: 20 })).toMatchObject({
      killed: 2,
      lost: 0,
      doubled: expect.toSatisfy((count: number) => count >= 2),
    });
  },
);

it('finds events lost that are published in a transaction of their own', { timeout: 300_000 }, async () => {
  rig = await Rig.open({ broker: 'postgres', replicas: 1, flaw: 'event-in-a-transaction-of-its-own' });
  const dying = { victim: 'host', point: 'committed', role: 'host', kills: 2 } as const;
  expect(await runKills(rig, [dying], { name: 'flawed', rate: 20, patience: 5_000 })).toMatchObject({
    killed: 2,
    lost: expect.toSatisfy((count: number) => count >= 2),
    doubled: 0,
    problem: expect.stringContaining('everything delivered'),
  });
});
