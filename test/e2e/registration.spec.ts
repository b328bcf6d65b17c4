import { describe, expect, it } from 'vitest';
import {
  newUser,
  profilePath,
  register,
  unique,
  type ProfileBody,
  type UserBody,
} from '../support/conduit.js';
import { api } from './client.js';

const fields = ['username', 'email', 'password'] as const;

function send(overrides: Record<string, unknown> = {}) {
  return api.post<UserBody>('/api/users', { user: newUser(overrides) });
}

describe('registration', () => {
  it('answers with the new user, who has neither bio nor image yet', async () => {
    const user = newUser();
    const reply = await api.post<UserBody>('/api/users', { user });
    expect(reply).toHaveStatus(201);
    expect(reply.body.user).toEqual({
      username: user.username,
      email: user.email,
      bio: null,
      image: null,
      token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
    });
  });

  it('gives a token that works at once', async () => {
    const person = await register(api);
    const reply = await person.api.get<UserBody>('/api/user');
    expect(reply.body.user.username).toBe(person.username);
  });

  it('makes the profile visible at once', async () => {
    const { username } = await register(api);
    const reply = await api.get<ProfileBody>(profilePath(username));
    expect(reply.body.profile).toEqual({ username, bio: null, image: null, following: false });
  });

  it('takes names in any script', async () => {
    const username = unique('김철수');
    expect(await send({ username })).toHaveStatus(201);
    const reply = await api.get<ProfileBody>(profilePath(username));
    expect(reply.body.profile.username).toBe(username);
  });

  it('takes a long username that can be reached, or none', async () => {
    const username = unique('long'.repeat(40));
    const reply = await send({ username });
    expect(reply).toHaveStatus([201, 422]);
    expect(await api.get(profilePath(username))).toHaveStatus(reply.status === 201 ? 200 : 404);
  });

  it('ignores properties that it does not know', async () => {
    const reply = await send({ bio: 'mine', admin: true, id: 1, token: 'mine' });
    expect(reply).toHaveStatus(201);
    expect(reply.body.user.token).not.toBe('mine');
  });

  it('is open to a client that still sends a stale token', async () => {
    const reply = await api.as('stale').post('/api/users', { user: newUser() });
    expect(reply).toHaveStatus(201);
  });

  describe.each(fields)('%s', (field) => {
    it.each([
      ['missing', undefined],
      ['null', null],
      ['empty', ''],
    ])('that is %s is refused as blank', async (_, value) => {
      expect(await send({ [field]: value })).toBeRefused(422, { [field]: ["can't be blank"] });
    });

    it.each([[7], [true], [{}], [['a']]])('of a wrong type, %j, is refused', async (value) => {
      expect(await send({ [field]: value })).toBeRefusedFor(422, field);
    });
  });

  it.each(['username', 'email'])('%s of nothing but white space is refused as blank', async (field) => {
    expect(await send({ [field]: ' \t\n ' })).toBeRefused(422, { [field]: ["can't be blank"] });
  });

  it('names every blank field at once', async () => {
    expect(await api.post('/api/users', { user: {} })).toBeRefused(422, {
      username: ["can't be blank"],
      email: ["can't be blank"],
      password: ["can't be blank"],
    });
  });

  it.each(['.', '..', ' jake', 'jake ', 'ja  ke', 'ja\u200bke', '\u202ejake', 'ja\u00a0ke', 'jake\u3164'])(
    'refuses the username %j, which a URL or a reader takes for another',
    async (username) => {
      expect(await send({ username })).toBeRefusedFor(422, 'username');
    },
  );

  it.each(['ja\u200bke@example.com', '\u202ejake@example.com'])(
    'refuses the e-mail address %j',
    async (email) => {
      expect(await send({ email })).toBeRefusedFor(422, 'email');
    },
  );

  it('refuses a username and an e-mail address in another spelling', async () => {
    const name = unique('Straße');
    await register(api, { username: name, email: `${name}@example.com` });
    const other = name.toUpperCase();
    expect(await send({ username: other })).toBeRefused(409, { username: ['has already been taken'] });
    expect(await send({ email: `${other}@Example.com` })).toBeRefused(409, {
      email: ['has already been taken'],
    });
  });

  it('refuses a username that is taken', async () => {
    const { username } = await register(api);
    expect(await send({ username })).toBeRefused(409, { username: ['has already been taken'] });
  });

  it('refuses an e-mail address that is taken', async () => {
    const { email } = await register(api);
    expect(await send({ email })).toBeRefused(409, { email: ['has already been taken'] });
  });

  it('creates no user when it refuses', async () => {
    const { email } = await register(api);
    const { username } = newUser();
    expect(await send({ username, email })).toHaveStatus(409);
    expect(await api.get(profilePath(username))).toHaveStatus(404);
    expect(await send({ username })).toHaveStatus(201);
  });
});
