import { afterEach, expect, it } from 'vitest';
import { type Case, runKills } from './kills.js';
import { right } from './report.js';
import { type BrokerName, Rig } from './rig.js';

/** A part of the table of kills, under one load. */
export function itSurvives(broker: BrokerName, cases: readonly Case[]): void {
  let rig: Rig | undefined;
  afterEach(async () => {
    await rig?.close();
  });

  it(
    'loses, doubles and disorders nothing, whoever is killed at whatever step',
    { timeout: 600_000 },
    async () => {
      rig = await Rig.open({ broker });
      const result = await runKills(rig, cases, { name: 'short', rate: 30 });
      expect(result).toMatchObject(right);
      expect(result.killed).toBe(cases.reduce((sum, { kills }) => sum + kills, 0));
      expect(result.found).toBeGreaterThan(100);
    },
  );
}
