import { afterAll, beforeAll, expect, it } from 'vitest';
import { AppWithRedis } from './app-outages.js';
import { outages } from './outages.js';

let app: AppWithRedis;
beforeAll(async () => {
  app = await AppWithRedis.open();
});
afterAll(async () => {
  await app?.close();
});

it.each(outages)(
  'Redis $description 4 s: no request fails, and every notification arrives once',
  { timeout: 240_000 },
  async (outage) => {
    const result = await app.runOutage(outage, { rate: 20, seconds: 4 });
    expect(result).toMatchObject({ failures: [], lost: 0, doubled: 0, problem: undefined });
    expect(result.expected).toBeGreaterThan(100);
  },
);
