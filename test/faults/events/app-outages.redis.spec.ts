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
  'Redis $words 4 s: the app answers as ever, and everybody is notified of everything',
  { timeout: 240_000 },
  async (outage) => {
    const result = await app.suffer(outage, { rate: 20, seconds: 4 });
    expect(result).toMatchObject({ failures: [], lost: 0, doubled: 0, problem: undefined });
    expect(result.expected).toBeGreaterThan(100);
  },
);
