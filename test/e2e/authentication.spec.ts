import { beforeAll, describe, expect, it } from 'vitest';
import {
  articlePath,
  comment,
  newArticle,
  profilePath,
  publish,
  register,
  type Person,
  type UserBody,
} from '../support/conduit.js';
import { api } from './client.js';
import { forgeriesOf } from './tokens.js';

interface Endpoint {
  method: string;
  path: string;
  body?: unknown;
}

describe('authentication', () => {
  let person: Person;
  let slug: string;
  let id: number;

  beforeAll(async () => {
    person = await register(api);
    slug = (await publish(person)).slug;
    id = (await comment(person, slug)).id;
  });

  const guarded: Record<string, () => Endpoint> = {
    'the current user': () => ({ method: 'GET', path: '/api/user' }),
    'an update of the user': () => ({ method: 'PUT', path: '/api/user', body: { user: { bio: 'x' } } }),
    'the feed': () => ({ method: 'GET', path: '/api/articles/feed' }),
    following: () => ({ method: 'POST', path: `${profilePath(person.username)}/follow` }),
    unfollowing: () => ({ method: 'DELETE', path: `${profilePath(person.username)}/follow` }),
    publication: () => ({ method: 'POST', path: '/api/articles', body: { article: newArticle() } }),
    'an update of an article': () => ({
      method: 'PUT',
      path: articlePath(slug),
      body: { article: { body: 'x' } },
    }),
    'deletion of an article': () => ({ method: 'DELETE', path: articlePath(slug) }),
    favoriting: () => ({ method: 'POST', path: `${articlePath(slug)}/favorite` }),
    unfavoriting: () => ({ method: 'DELETE', path: `${articlePath(slug)}/favorite` }),
    commenting: () => ({
      method: 'POST',
      path: `${articlePath(slug)}/comments`,
      body: { comment: { body: 'x' } },
    }),
    'deletion of a comment': () => ({ method: 'DELETE', path: `${articlePath(slug)}/comments/${id}` }),
  };

  const open: Record<string, () => string> = {
    'a profile': () => profilePath(person.username),
    'the list of articles': () => '/api/articles',
    'an article': () => articlePath(slug),
    'the comments of an article': () => `${articlePath(slug)}/comments`,
  };

  describe.each(Object.entries(guarded))('%s', (_, endpoint) => {
    it('asks for a token', async () => {
      const { method, path, body } = endpoint();
      expect(await api.send(method, path, body)).toBeRefused(401, { token: ['is missing'] });
    });

    it('refuses an invalid token', async () => {
      const { method, path, body } = endpoint();
      expect(await api.as('garbage').send(method, path, body)).toBeRefused(401, { token: ['is invalid'] });
    });
  });

  it.each<[string, Endpoint]>([
    ['an unknown article', { method: 'DELETE', path: articlePath('no-such-article') }],
    ['an unknown profile', { method: 'POST', path: `${profilePath('no such user')}/follow` }],
    ['a body that would be refused', { method: 'POST', path: '/api/articles', body: {} }],
  ])('comes before all else: %s', async (_, { method, path, body }) => {
    expect(await api.send(method, path, body)).toBeRefused(401, { token: ['is missing'] });
  });

  describe.each(Object.entries(open))('%s', (_, path) => {
    it('needs no token', async () => {
      expect(await api.get(path())).toHaveStatus(200);
    });

    it('refuses an invalid token instead of treating the request as anonymous', async () => {
      expect(await api.as('garbage').get(path())).toBeRefused(401, { token: ['is invalid'] });
    });
  });

  it('is no concern of the tags', async () => {
    expect(await api.as('garbage').get('/api/tags')).toHaveStatus(200);
  });

  describe('a token', () => {
    it.each(['Token', 'Bearer', 'token', 'bearer', 'TOKEN'])(
      'is taken with the scheme %s',
      async (scheme) => {
        const reply = await api.get<UserBody>('/api/user', { authorization: `${scheme} ${person.token}` });
        expect(reply).toHaveStatus(200);
        expect(reply.body.user.username).toBe(person.username);
      },
    );

    it.each(Object.keys(forgeriesOf('e30.e30.e30')))('that %s is refused', async (flaw) => {
      const forgery = api.as(forgeriesOf(person.token)[flaw]);
      expect(await forgery.get('/api/user')).toBeRefused(401, { token: ['is invalid'] });
      expect(await forgery.get('/api/articles')).toBeRefused(401, { token: ['is invalid'] });
    });

    it.each(['', 'Token', 'Token ', 'Bearer', 'Basic amFrZTpqYWtl', 'Token a b', ',', 'Digest x="y"'])(
      'cannot be found in `Authorization: %s`',
      async (authorization) => {
        expect(await api.get('/api/user', { authorization })).toBeRefusedFor(401, 'token');
      },
    );

    it('is refused without a scheme', async () => {
      expect(await api.get('/api/user', { authorization: person.token })).toBeRefusedFor(401, 'token');
    });

    it('is refused under a scheme that only ends in a known one', async () => {
      expect(await api.get('/api/user', { authorization: `XToken ${person.token}` })).toBeRefusedFor(
        401,
        'token',
      );
    });

    it('stays good after forgeries of it were refused', async () => {
      await Promise.all(
        Object.values(forgeriesOf(person.token)).map((forgery) => api.as(forgery).get('/api/user')),
      );
      expect(await person.api.get('/api/user')).toHaveStatus(200);
    });

    it('contains no secret', () => {
      const claims = Buffer.from(person.token.split('.')[1] ?? '', 'base64url').toString();
      expect(claims).not.toContain('argon2');
      expect(claims).not.toContain(person.password);
    });

    it('is signed with EdDSA', () => {
      const header: unknown = JSON.parse(
        Buffer.from(person.token.split('.')[0] ?? '', 'base64url').toString(),
      );
      expect(header).toMatchObject({ alg: 'EdDSA' });
    });

    it('expires', () => {
      const claims: unknown = JSON.parse(
        Buffer.from(person.token.split('.')[1] ?? '', 'base64url').toString(),
      );
      expect(claims).toMatchObject({ exp: expect.any(Number) });
    });
  });
});
