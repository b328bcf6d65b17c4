import { afterAll, beforeAll, expect, it } from 'vitest';
import { outages, runOutage } from './outages.js';
import { correct } from './report.js';
import { TestEnvironment } from './test-environment.js';

let environment: TestEnvironment;
beforeAll(async () => {
  environment = await TestEnvironment.open({ broker: 'redis', replicas: 1 });
});
afterAll(async () => {
  await environment?.close();
});

it.each(outages)(
  'Redis $description 4 s: no request fails, nothing is lost',
  { timeout: 120_000 },
  async (outage) => {
    const result = await runOutage(environment, outage, {
      name: `short-${outages.indexOf(outage)}`,
      rate: 30,
      seconds: 4,
    });
    expect(result.failed).toBe(0);
    expect(result).toMatchObject(correct);
    expect(result.found).toBeGreaterThan(100);
  },
);
