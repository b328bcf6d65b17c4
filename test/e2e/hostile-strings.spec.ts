import { beforeAll, describe, expect, it } from 'vitest';
import {
  articlePath,
  newArticle,
  newUser,
  publish,
  register,
  unique,
  type Person,
} from '../support/conduit.js';
import { sendRaw } from '../support/raw-http.js';
import { api, clientErrors } from './client.js';

/** Text that JSON can carry and PostgreSQL, or UTF-8, cannot. */
const impossible = {
  'a NUL': 'before\u0000after',
  'nothing but a NUL': '\u0000',
  'a lone high surrogate': 'before\ud800after',
  'a lone low surrogate': 'before\udc00after',
  'surrogates in the wrong order': 'before\udc00\ud800after',
  'a surrogate at the end': 'before\ud83d',
};

const unreadable = ['%00', 'a%00b', '%ED%A0%80', '%FF', '%C0%80', '%zz', '%', '%E3%81', 'a%2'];

describe('hostile text', () => {
  let person: Person;
  let slug: string;

  beforeAll(async () => {
    person = await register(api);
    slug = (await publish(person)).slug;
  });

  const comments = () => `${articlePath(slug)}/comments`;

  const inBodies: [name: string, field: string, send: (text: string) => ReturnType<typeof api.post>][] = [
    ...(['username', 'email', 'password'] as const).map((field): (typeof inBodies)[number] => [
      `the ${field} of a registration`,
      field,
      (text) => api.post('/api/users', { user: newUser({ [field]: text }) }),
    ]),
    ...(['email', 'password'] as const).map((field): (typeof inBodies)[number] => [
      `the ${field} of a login`,
      field,
      (text) => api.post('/api/users/login', { user: { ...newUser(), [field]: text } }),
    ]),
    ...(['username', 'email', 'password', 'bio', 'image'] as const).map(
      (field): (typeof inBodies)[number] => [
        `the ${field} of a user`,
        field,
        (text) => person.api.put('/api/user', { user: { [field]: text } }),
      ],
    ),
    ...(['title', 'description', 'body'] as const).flatMap((field): typeof inBodies => [
      [
        `the ${field} of a new article`,
        field,
        (text) => person.api.post('/api/articles', { article: newArticle({ [field]: text }) }),
      ],
      [
        `the ${field} of an article`,
        field,
        async (text) => {
          const path = articlePath((await publish(person)).slug);
          return person.api.put(path, { article: { [field]: text } });
        },
      ],
    ]),
    [
      'a tag of a new article',
      'tagList',
      (text) => person.api.post('/api/articles', { article: newArticle({ tagList: ['fine', text] }) }),
    ],
    [
      'a tag of an article',
      'tagList',
      (text) => person.api.put(articlePath(slug), { article: { tagList: ['fine', text] } }),
    ],
    ['the body of a comment', 'body', (text) => person.api.post(comments(), { comment: { body: text } })],
  ];

  describe.each(inBodies)('in %s', (_, field, send) => {
    it.each(Object.entries(impossible))('is refused for %s', async (_, text) => {
      // Long enough for a password, which must not be refused for its length alone.
      expect(await send(`${text}12345678`)).toBeRefusedFor(422, field);
      expect(await send(text)).toBeRefused(422);
    });

    it('is stored or refused when it is very long', async () => {
      expect(await send('long '.repeat(20_000) + unique(''))).toHaveStatus([200, 201, 401, 422]);
      expect(await send('長'.repeat(100_000))).toHaveStatus([200, 201, 401, 409, 422]);
    });
  });

  const inPaths: [name: string, method: string, path: (text: string) => string][] = [
    ['the username of a profile', 'GET', (text) => `/api/profiles/${text}`],
    ['the username to follow', 'POST', (text) => `/api/profiles/${text}/follow`],
    ['the username to unfollow', 'DELETE', (text) => `/api/profiles/${text}/follow`],
    ['the slug of an article', 'GET', (text) => `/api/articles/${text}`],
    ['the slug of an article to delete', 'DELETE', (text) => `/api/articles/${text}`],
    ['the slug of a favorite', 'POST', (text) => `/api/articles/${text}/favorite`],
    ['the slug of a favorite to remove', 'DELETE', (text) => `/api/articles/${text}/favorite`],
    ['the slug of comments', 'GET', (text) => `/api/articles/${text}/comments`],
    ['the id of a comment', 'DELETE', (text) => `${comments()}/${text}`],
    ['a path unknown', 'GET', (text) => `/api/${text}`],
  ];

  const raw = (method: string, path: string) =>
    sendRaw(api.baseUrl, { method, path, headers: { authorization: `Token ${person.token}` } });

  describe.each(inPaths)('in %s', (_, method, path) => {
    it.each(unreadable)('is refused: %s', async (text) => {
      expect(await raw(method, path(text))).toBeRefused(clientErrors);
    });

    it('is refused or not found when it is long', async () => {
      expect(await raw(method, path('a'.repeat(3000)))).toBeRefused([...clientErrors, 414]);
    });
  });

  describe.each(['tag', 'author', 'favorited'])('in the query parameter %s', (name) => {
    it.each(['%00', 'a%00b'])('is refused: %s', async (text) => {
      expect(await raw('GET', `/api/articles?${name}=${text}`)).toBeRefused([400, 422]);
    });

    it.each(unreadable.filter((text) => !text.includes('%00')))(
      'is refused as in a path: %s',
      async (text) => {
        const reply = await raw('GET', `/api/articles?${name}=${text}`);
        expect(reply).toBeRefused(400, { request: ['has a malformed URL'] });
      },
    );

    it.each(['a&NAME=b', 'a&NAME=', '', '%20', '&NAME[]=a', '&NAME[a]=b', '&NAME=__proto__'])(
      'is refused or answered when it is odd: %s',
      async (text) => {
        const query = `?${name}=${text.replaceAll('NAME', name)}`;
        expect(await raw('GET', `/api/articles${query}`)).toHaveStatus([200, 400, 422]);
      },
    );

    it('is refused or matches nothing when it is long', async () => {
      expect(await raw('GET', `/api/articles?${name}=${'a'.repeat(6000)}`)).toHaveStatus([
        200, 400, 414, 422,
      ]);
    });
  });

  describe.each(['limit', 'offset'])('in the query parameter %s', (name) => {
    it.each(unreadable)('is refused: %s', async (text) => {
      expect(await raw('GET', `/api/articles?${name}=${text}`)).toBeRefused([400, 422]);
      expect(await raw('GET', `/api/articles/feed?${name}=${text}`)).toBeRefused([400, 422]);
    });
  });
});
