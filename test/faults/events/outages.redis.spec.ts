import { afterAll, beforeAll, expect, it } from 'vitest';
import { outages, runOutage } from './outages.js';
import { right } from './report.js';
import { Rig } from './rig.js';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.open({ broker: 'redis', replicas: 1 });
});
afterAll(async () => {
  await rig?.close();
});

it.each(outages)(
  'Redis $words 4 s: no request fails, nothing is lost',
  { timeout: 120_000 },
  async (outage) => {
    const result = await runOutage(rig, outage, {
      name: `short-${outages.indexOf(outage)}`,
      rate: 30,
      seconds: 4,
    });
    expect(result.failed).toBe(0);
    expect(result).toMatchObject(right);
    expect(result.found).toBeGreaterThan(100);
  },
);
