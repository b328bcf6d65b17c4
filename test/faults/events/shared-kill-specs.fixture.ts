import { afterEach, expect, it } from 'vitest';
import { type KillCase, runKills, WRITES_BEFORE_A_KILL } from './kills.js';
import { correct } from './report.js';
import { type BrokerName, TestEnvironment } from './test-environment.js';

/** Specs that run some cases under one load. */
export function killSpecs(broker: BrokerName, cases: readonly KillCase[]): void {
  let environment: TestEnvironment | undefined;
  afterEach(async () => {
    await environment?.close();
  });

  it(
    'handles each event exactly once and in order, whichever process is killed at any step',
    { timeout: 600_000 },
    async () => {
      environment = await TestEnvironment.open({ broker });
      const result = await runKills(environment, cases, { name: 'short', rate: 10 });
      expect(result).toMatchObject(correct);
      const kills = cases.reduce((sum, one) => sum + one.kills, 0);
      expect(result.killed).toBe(kills);
      expect(result.found).toBeGreaterThanOrEqual(kills * WRITES_BEFORE_A_KILL);
    },
  );
}
