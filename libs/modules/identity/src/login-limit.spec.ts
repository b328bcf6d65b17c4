import { describe, expect, it } from 'vitest';
import type { IdentitySettings } from './identity.settings.js';
import { LoginLimit } from './login-limit.js';

const tooMany = 'credentials/too-many';
const open = () => new LoginLimit({ LOGIN_FAILURES_PER_MINUTE: 3 } as IdentitySettings);

function fail(limit: LoginLimit, times: number, email: string, address: string): void {
  for (let time = 0; time < times; time += 1) limit.attempt(email, address).settle(false);
}

describe('failed logins', () => {
  it('to one account from one address are limited, ignoring case', () => {
    const limit = open();
    fail(limit, 3, 'jake@example.com', '203.0.113.7');
    expect(() => limit.attempt('Jake@Example.com', '203.0.113.7').check()).toThrow(tooMany);
    limit.attempt('jake@example.com', '203.0.113.8').check();
    limit.attempt('jim@example.com', '203.0.113.7').check();
  });

  it('from one address are limited over all accounts', () => {
    const limit = open();
    for (let account = 0; account < 100; account += 1)
      fail(limit, 3, `${account}@example.com`, '203.0.113.7');
    expect(() => limit.attempt('another@example.com', '203.0.113.7').check()).toThrow(tooMany);
    limit.attempt('another@example.com', '203.0.113.8').check();
  });

  it('of an account are reset by a successful login', () => {
    const limit = open();
    fail(limit, 2, 'jake@example.com', '203.0.113.7');
    limit.attempt('jake@example.com', '203.0.113.7').settle(true);
    fail(limit, 2, 'jake@example.com', '203.0.113.7');
    expect(() => limit.attempt('jake@example.com', '203.0.113.7').check()).not.toThrow();
  });
});
