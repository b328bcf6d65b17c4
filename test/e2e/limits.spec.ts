import { describe, expect, it } from 'vitest';
import { register, unique, type Person } from '../support/conduit.js';
import { api } from './client.js';

/** More failures in a minute than anybody who has merely forgotten a password. */
const tooMany = 100;

function login({ email }: Pick<Person, 'email'>, password: string, headers?: Record<string, string>) {
  return api.post('/api/users/login', { user: { email, password } }, headers);
}

/** Fails until the limit answers. */
async function failUntilLimited(
  person: Pick<Person, 'email'>,
  headers?: (attempt: number) => Record<string, string>,
) {
  for (let attempt = 1; attempt <= tooMany; attempt += 1) {
    const reply = await login(person, `wrong password ${attempt}`, headers?.(attempt));
    if (reply.status === 429) {
      return { reply, attempt };
    }
    expect(reply).toBeRefused(401, { credentials: ['invalid'] });
  }
  throw new Error(`${tooMany} failed logins were not too many`);
}

describe('failed logins', () => {
  it('are limited for an account and address, and the answer says for how long', async () => {
    const { reply } = await failUntilLimited(await register(api));
    expect(reply).toBeRefused(429);
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number.isInteger(Number(reply.headers.get('retry-after')))).toBe(true);
  });

  it('leave other accounts at the same address alone', async () => {
    const [person, other] = [await register(api), await register(api)];
    await failUntilLimited(person);
    expect(await login(other, other.password)).toHaveStatus(200);
    expect(await login(other, 'wrong password')).toBeRefused(401, { credentials: ['invalid'] });
  });

  it('leave a session that is open alone', async () => {
    const person = await register(api);
    await failUntilLimited(person);
    expect(await person.api.get('/api/user')).toHaveStatus(200);
  });

  it('are limited for an account that does not exist, just the same', async () => {
    const known = await failUntilLimited(await register(api));
    const unknown = await failUntilLimited({ email: `${unique('unknown')}@example.com` });
    expect(unknown.attempt).toBe(known.attempt);
    expect(unknown.reply).toBeRefused(429);
  });

  it('are limited also when they claim to come from elsewhere', async () => {
    const { attempt } = await failUntilLimited(await register(api), (attempt) => ({
      'x-forwarded-for': `203.0.113.${attempt}`,
    }));
    expect(attempt).toBeLessThan(tooMany);
  });

  it('may happen a few times before the right password', async () => {
    const person = await register(api);
    for (const password of ['wrong password', 'wronger password', 'wrongest password']) {
      expect(await login(person, password)).toHaveStatus(401);
    }
    expect(await login(person, person.password)).toHaveStatus(200);
  });
});

describe('logins that succeed', () => {
  it('are not limited', async () => {
    const person = await register(api);
    // Ten at a time: each is hashed for long, and has a deadline.
    for (let round = 0; round < 4; round += 1) {
      const replies = await Promise.all(Array.from({ length: 10 }, () => login(person, person.password)));
      expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    }
  });
});

describe('registrations', () => {
  it('may be a hundred in a minute', async () => {
    const names = new Set<string>();
    while (names.size < 100)
      for (const { username } of await Promise.all(Array.from({ length: 10 }, () => register(api))))
        names.add(username);
    expect(names.size).toBe(100);
  }, 60_000);
});
