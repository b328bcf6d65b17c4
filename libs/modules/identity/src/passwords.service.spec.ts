import { describe, expect, it } from 'vitest';
import { PasswordsService } from './passwords.service.js';

const passwords = new PasswordsService();

describe('passwords', () => {
  it('are kept as argon2id with the parameters that OWASP recommends', async () => {
    expect(await passwords.hash('correct horse')).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  it('match their own hash only', async () => {
    const hash = await passwords.hash('correct horse');
    expect(await passwords.verify(hash, 'correct horse')).toBe(true);
    expect(await passwords.verify(hash, 'correct horsf')).toBe(false);
  });

  it('match nothing without a stored hash, not even the empty password', async () => {
    expect(await passwords.verify(undefined, '')).toBe(false);
  });
});
