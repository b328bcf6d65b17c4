import { afterEach, expect, it } from 'vitest';
import { casesOf } from './cases.js';
import { runKills } from './kills.js';
import { isRight } from './report.js';
import { type BrokerName, Rig } from './rig.js';

/** The table of kills in short. */
export function itSurvivesKills(broker: BrokerName): void {
  let rig: Rig | undefined;
  afterEach(async () => {
    await rig?.close();
  });

  it(
    'loses, doubles and disorders nothing, whoever is killed at whatever step',
    { timeout: 600_000 },
    async () => {
      rig = await Rig.open({ broker });
      const cases = casesOf(broker, { processes: 2, servers: 1 });
      const result = await runKills(rig, cases, { name: 'short', rate: 30 });
      expect(result).toSatisfy(isRight);
      expect(result.killed).toBe(cases.reduce((sum, { kills }) => sum + kills, 0));
      expect(result.found).toBeGreaterThan(100);
    },
  );
}
