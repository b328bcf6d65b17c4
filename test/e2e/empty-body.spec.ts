import { describe, expect, it } from 'vitest';
import { articlePath, comment, profilePath, publish, register, type Person } from '../support/conduit.js';
import { sendRaw } from '../support/raw-http.js';
import { api } from './client.js';

type Target = { person: Person; slug: string; id: number };

/** Operations without a body, to which real clients send a content type all the same. */
const operations: [name: string, method: string, path: (target: Target) => string, status: number][] = [
  ['favorite', 'POST', ({ slug }) => `${articlePath(slug)}/favorite`, 200],
  ['unfavorite', 'DELETE', ({ slug }) => `${articlePath(slug)}/favorite`, 200],
  ['follow', 'POST', ({ person }) => `${profilePath(person.username)}/follow`, 200],
  ['unfollow', 'DELETE', ({ person }) => `${profilePath(person.username)}/follow`, 200],
  ['deletion of a comment', 'DELETE', ({ slug, id }) => `${articlePath(slug)}/comments/${id}`, 204],
  ['deletion of an article', 'DELETE', ({ slug }) => articlePath(slug), 204],
  ['the current user', 'GET', () => '/api/user', 200],
  ['the list of articles', 'GET', () => '/api/articles', 200],
];

describe.each(operations)('%s', (_, method, path, status) => {
  async function target() {
    const [author, person] = [await register(api), await register(api)];
    const { slug } = await publish(author);
    const { id } = await comment(author, slug);
    return { author, person, slug, id };
  }

  it.each(['application/json', 'application/json; charset=utf-8'])(
    'accepts an empty body that is said to be %s',
    async (type) => {
      const { author, ...rest } = await target();
      const reply = await author.api.send(method, path(rest), undefined, { 'content-type': type });
      expect(reply).toHaveStatus(status);
    },
  );

  it('accepts a body of no bytes with its length announced', async () => {
    const { author, ...rest } = await target();
    const reply = await sendRaw(api.baseUrl, {
      method,
      path: path(rest),
      headers: {
        'content-type': 'application/json',
        'content-length': '0',
        authorization: `Token ${author.token}`,
      },
    });
    expect(reply).toHaveStatus(status);
  });

  it('accepts no body and no content type', async () => {
    const { author, ...rest } = await target();
    expect(await author.api.send(method, path(rest))).toHaveStatus(status);
  });
});
