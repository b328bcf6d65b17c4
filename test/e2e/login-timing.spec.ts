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

describe('a refused login', () => {
  it('takes equally long for an unknown e-mail address, so that none can be found out', async () => {
    const people = await Promise.all(Array.from({ length: 8 }, () => register(api)));
    const known: number[] = [];
    const unknown: number[] = [];
    for (const { email } of [...people, ...people]) {
      known.push(await refusedIn(email));
      unknown.push(await refusedIn(`${unique('nobody')}@example.com`));
    }
    // The shortest of many is what the work costs; the rest is what else the machine did. Leaving the hash out
    // would make the ratio about 0.05.
    const ratio = Math.min(...unknown) / Math.min(...known);
    expect(ratio).toBeGreaterThan(0.6);
    expect(ratio).toBeLessThan(1.7);
  });
});
