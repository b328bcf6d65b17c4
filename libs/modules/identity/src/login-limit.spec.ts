import { AttemptLimiter, MemoryAttempts } from '@tearline/auth';
import { describe, expect, it } from 'vitest';
import type { IdentitySettings } from './identity.settings.js';
import { LoginLimit } from './login-limit.js';

const tooMany = { code: 'credentials/too-many' };
const open = () =>
  new LoginLimit(
    { LOGIN_FAILURES_PER_MINUTE: 3 } as IdentitySettings,
    new AttemptLimiter(new MemoryAttempts()),
  );
const logIn = (limit: LoginLimit, email: string, address: string, user?: string) =>
  limit.run(email, address, async () => user);

async function fail(limit: LoginLimit, times: number, email: string, address: string): Promise<void> {
  for (let time = 0; time < times; time += 1) expect(await logIn(limit, email, address)).toBeUndefined();
}

describe('failed logins', () => {
  it('to one account from one address are limited, ignoring case', async () => {
    const limit = open();
    await fail(limit, 3, 'jake@example.com', '203.0.113.7');
    await expect(logIn(limit, 'Jake@Example.com', '203.0.113.7', 'jake')).rejects.toMatchObject(tooMany);
    expect(await logIn(limit, 'jake@example.com', '203.0.113.8', 'jake')).toBe('jake');
    expect(await logIn(limit, 'jim@example.com', '203.0.113.7', 'jim')).toBe('jim');
  });

  it('from one address are limited over all accounts', async () => {
    const limit = open();
    for (let account = 0; account < 100; account += 1)
      await fail(limit, 3, `${account}@example.com`, '203.0.113.7');
    await expect(logIn(limit, 'another@example.com', '203.0.113.7', 'jo')).rejects.toMatchObject(tooMany);
    expect(await logIn(limit, 'another@example.com', '203.0.113.8', 'jo')).toBe('jo');
  });

  it('of an account are reset by a successful login', async () => {
    const limit = open();
    await fail(limit, 2, 'jake@example.com', '203.0.113.7');
    await logIn(limit, 'jake@example.com', '203.0.113.7', 'jake');
    await fail(limit, 2, 'jake@example.com', '203.0.113.7');
    expect(await logIn(limit, 'jake@example.com', '203.0.113.7', 'jake')).toBe('jake');
  });
});
