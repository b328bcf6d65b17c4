import { describe, expect, it } from 'vitest';
import { LoginLimit } from './login-limit.js';
import { PasswordsService } from './passwords.service.js';

const passwords = new PasswordsService();
const always = { check: () => undefined, settle: () => undefined };

describe('passwords', () => {
  it('are kept as argon2id with the parameters that OWASP recommends', async () => {
    expect(await passwords.hash('correct horse')).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  it('match their own hash only', async () => {
    const hash = await passwords.hash('correct horse');
    expect(await passwords.verify(hash, 'correct horse', always)).toBe(true);
    expect(await passwords.verify(hash, 'correct horsf', always)).toBe(false);
  });

  it('match nothing without a stored hash, not even the empty password', async () => {
    expect(await passwords.verify(undefined, '', always)).toBe(false);
  });

  it('limit concurrent guesses like sequential ones', async () => {
    const limit = new LoginLimit({ LOGIN_FAILURES_PER_MINUTE: 3 } as ConstructorParameters<
      typeof LoginLimit
    >[0]);
    const guesses = await Promise.allSettled(
      Array.from({ length: 30 }, () =>
        passwords.verify(undefined, 'a guess', limit.attempt('jake@example.com', '203.0.113.7')),
      ),
    );
    expect(guesses.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  });
});
