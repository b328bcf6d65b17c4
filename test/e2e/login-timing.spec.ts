import { describe, expect, it } from 'vitest';
import { register, unique } from '../support/conduit.js';
import { api } from './client.js';

async function refusedIn(email: string): Promise<number> {
  const started = performance.now();
  expect(await api.post('/api/users/login', { user: { email, password: 'wrong password' } })).toHaveStatus(
    401,
  );
  return performance.now() - started;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

describe('a refused login', () => {
  it('takes equally long for an unknown e-mail address, so that none can be found out', async () => {
    const known: number[] = [];
    const unknown: number[] = [];
    const ratioAfterMore = async () => {
      // New ones each time: an account may not fail often.
      const people = await Promise.all(Array.from({ length: 8 }, () => register(api)));
      for (const { email } of people) {
        known.push(await refusedIn(email));
        unknown.push(await refusedIn(`${unique('unknown')}@example.com`));
      }
      return median(unknown) / median(known);
    };
    await ratioAfterMore();
    // Other work of the server delays both alike, so their medians differ only when the work of the two differs.
    // Without the hash the ratio would be about 0.05, for any number of samples.
    await expect
      .poll(ratioAfterMore, { timeout: 25_000, interval: 1 })
      .toSatisfy((ratio: number) => ratio > 0.6 && ratio < 1.7);
  });
});
