import { describe, expect, it } from 'vitest';
import { register, unique, type UserBody } from '../support/conduit.js';
import { api } from './client.js';

function login(user: unknown) {
  return api.post<UserBody>('/api/users/login', { user });
}

describe('login', () => {
  it('answers with the user and a token that works', async () => {
    const { username, email, password } = await register(api);
    const reply = await login({ email, password });
    expect(reply).toHaveStatus(200);
    const { token, ...user } = reply.body.user;
    expect(user).toEqual({ username, email, bio: null, image: null });
    const mine = await api.as(token).get<UserBody>('/api/user');
    expect(mine.body.user.username).toBe(username);
  });

  it('leaves earlier tokens in force', async () => {
    const person = await register(api);
    await login({ email: person.email, password: person.password });
    expect(await person.api.get('/api/user')).toHaveStatus(200);
  });

  it('refuses a wrong password', async () => {
    const { email } = await register(api);
    expect(await login({ email, password: 'wrong password' })).toBeRefused(401, { credentials: ['invalid'] });
  });

  it('refuses an unknown e-mail address in the same words', async () => {
    const email = `${unique('unknown')}@example.com`;
    expect(await login({ email, password: 'any password' })).toBeRefused(401, { credentials: ['invalid'] });
  });

  it('is open to a client that still sends a stale token', async () => {
    const { email, password } = await register(api);
    expect(await api.as('stale').post('/api/users/login', { user: { email, password } })).toHaveStatus(200);
  });

  describe.each(['email', 'password'])('%s', (field) => {
    const credentials = { email: 'jake@example.com', password: 'jakejake' };

    it.each([
      ['missing', undefined],
      ['null', null],
      ['empty', ''],
    ])('that is %s is refused as blank', async (_, value) => {
      expect(await login({ ...credentials, [field]: value })).toBeRefused(422, {
        [field]: ["can't be blank"],
      });
    });

    it.each([[1], [false], [{}], [['a']]])('of a wrong type, %j, is refused', async (value) => {
      expect(await login({ ...credentials, [field]: value })).toBeRefusedFor(422, field);
    });
  });

  it('takes no wildcard for an e-mail address', async () => {
    expect(await login({ email: '%', password: 'any password' })).toBeRefused([401, 422]);
  });
});
