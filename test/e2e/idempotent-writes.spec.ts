import { expect, it } from 'vitest';
import type { Reply } from '../support/api-client.js';
import {
  articlePath,
  type ArticleBody,
  comment,
  type CommentsBody,
  newArticle,
  newUser,
  profilePath,
  publish,
  register,
  unique,
} from '../support/conduit.js';
import { formWith, picture, sendForm, upload } from '../support/media.js';
import { api } from './client.js';

type Headers = Record<string, string>;

/** A write, and what tells whether it has taken effect a second time. */
interface Write {
  readonly send: (key: Headers) => Promise<Reply>;
  /** Undoes its effect, without a key. */
  readonly undo?: () => Promise<unknown>;
  readonly state: () => Promise<unknown>;
  /** Another request of the same user. */
  readonly another: (key: Headers) => Promise<Reply>;
}

/**
 * These create credentials, whose secrets are stored nowhere: a repetition gets new ones. Or they end credentials, and a repetition
 * finds them ended.
 */
const OF_CREDENTIALS = [
  'CreateSession',
  'CreateStreamTicket',
  'DeleteCurrentSession',
  'DeleteSession',
  'DeleteSessions',
  'Login',
];

/** Each write of the API. */
const writes: Record<string, () => Promise<Write>> = {
  async CreateUser() {
    const [user, other] = [newUser(), newUser()];
    return {
      send: (key) => api.post('/api/users', { user }, key),
      state: async () => (await api.get(profilePath(user.username))).text,
      another: (key) => api.post('/api/users', { user: other }, key),
    };
  },
  async UpdateCurrentUser() {
    const { api: mine } = await register(api);
    return {
      send: (key) => mine.put('/api/user', { user: { bio: 'first' } }, key),
      undo: () => mine.put('/api/user', { user: { bio: 'second' } }),
      state: async () => (await mine.get('/api/user')).text,
      another: (key) => mine.put('/api/user', { user: { bio: 'first', password: 'another password' } }, key),
    };
  },
  async FollowUserByUsername() {
    const [{ api: mine }, { username }] = [await register(api), await register(api)];
    const path = `${profilePath(username)}/follow`;
    return {
      send: (key) => mine.post(path, undefined, key),
      undo: () => mine.del(path),
      state: async () => (await mine.get(profilePath(username))).text,
      another: (key) => mine.del(path, undefined, key),
    };
  },
  async UnfollowUserByUsername() {
    const [{ api: mine }, { username }] = [await register(api), await register(api)];
    const path = `${profilePath(username)}/follow`;
    return {
      send: (key) => mine.del(path, undefined, key),
      undo: () => mine.post(path),
      state: async () => (await mine.get(profilePath(username))).text,
      another: (key) => mine.post(path, undefined, key),
    };
  },
  async CreateArticle() {
    const { api: mine, username } = await register(api);
    const article = newArticle();
    const send = (key: Headers, more = {}) =>
      mine.post<ArticleBody>('/api/articles', { article: { ...article, ...more } }, key);
    return {
      send,
      state: async () => (await mine.get(`/api/articles?author=${username}`)).text,
      another: (key) => send(key, { description: 'another' }),
    };
  },
  async UpdateArticle() {
    const author = await register(api);
    const path = articlePath((await publish(author)).slug);
    return {
      send: (key) => author.api.put(path, { article: { body: 'first' } }, key),
      undo: () => author.api.put(path, { article: { body: 'second' } }),
      state: async () => (await author.api.get(path)).text,
      another: (key) => author.api.put(path, { article: { body: 'third' } }, key),
    };
  },
  async DeleteArticle() {
    const author = await register(api);
    const [one, other] = [await publish(author), await publish(author)];
    return {
      send: (key) => author.api.del(articlePath(one.slug), undefined, key),
      state: async () => (await author.api.get(articlePath(other.slug))).text,
      another: (key) => author.api.del(articlePath(other.slug), undefined, key),
    };
  },
  async CreateArticleFavorite() {
    const [{ api: mine }, author] = [await register(api), await register(api)];
    const path = articlePath((await publish(author)).slug);
    return {
      send: (key) => mine.post(`${path}/favorite`, undefined, key),
      undo: () => mine.del(`${path}/favorite`),
      state: async () => (await mine.get(path)).text,
      another: (key) => mine.del(`${path}/favorite`, undefined, key),
    };
  },
  async DeleteArticleFavorite() {
    const [{ api: mine }, author] = [await register(api), await register(api)];
    const path = articlePath((await publish(author)).slug);
    return {
      send: (key) => mine.del(`${path}/favorite`, undefined, key),
      undo: () => mine.post(`${path}/favorite`),
      state: async () => (await mine.get(path)).text,
      another: (key) => mine.post(`${path}/favorite`, undefined, key),
    };
  },
  async CreateArticleComment() {
    const author = await register(api);
    const path = `${articlePath((await publish(author)).slug)}/comments`;
    return {
      send: (key) => author.api.post(path, { comment: { body: 'first' } }, key),
      state: async () => (await author.api.get(path)).text,
      another: (key) => author.api.post(path, { comment: { body: 'second' } }, key),
    };
  },
  async DeleteArticleComment() {
    const author = await register(api);
    const { slug } = await publish(author);
    const [one, other] = [await comment(author, slug), await comment(author, slug)];
    const path = `${articlePath(slug)}/comments`;
    return {
      send: (key) => author.api.del(`${path}/${one.id}`, undefined, key),
      state: async () => (await author.api.get<CommentsBody>(path)).text,
      another: (key) => author.api.del(`${path}/${other.id}`, undefined, key),
    };
  },
  async MarkNotificationsRead() {
    const { api: mine } = await register(api);
    return {
      send: (key) => mine.post('/api/notifications/read', { all: true }, key),
      state: async () => (await mine.get('/api/notifications/unread-count')).text,
      another: (key) => mine.post('/api/notifications/read', { ids: [1] }, key),
    };
  },
  async UpdateNotificationPreferences() {
    const { api: mine } = await register(api);
    const path = '/api/notifications/preferences';
    const change = (follow: boolean, key?: Headers) =>
      mine.put(path, { preferences: { email: { follow } } }, key);
    return {
      send: (key) => change(true, key),
      undo: () => change(false),
      state: async () => (await mine.get(path)).text,
      another: (key) => change(false, key),
    };
  },
  async UploadMedia() {
    const person = await register(api);
    const [one, other] = [await picture('png'), await picture('png')];
    const send = (content: Buffer, key: Headers) => sendForm(person.api, formWith(content), key);
    let hash = '';
    return {
      send: async (key) => {
        const reply = await send(one, key);
        hash = reply.body.media.hash;
        return reply;
      },
      // Another claim keeps the picture.
      undo: async () => {
        await upload(await register(api), one);
        return person.api.del(`/api/media/${hash}`);
      },
      state: async () => (await person.api.del(`/api/media/${hash}`)).status,
      another: (key) => send(other, key),
    };
  },
  async DeleteMedia() {
    const person = await register(api);
    const content = await picture('png');
    const { hash } = await upload(person, content);
    const { hash: other } = await upload(person, await picture('png'));
    return {
      send: (key) => person.api.del(`/api/media/${hash}`, undefined, key),
      undo: () => upload(person, content),
      state: async () => (await upload(person, content)).hash,
      another: (key) => person.api.del(`/api/media/${other}`, undefined, key),
    };
  },
};

interface Docs {
  paths: Record<string, Record<string, { operationId: string }>>;
}

it('every write of the API is in the table', async () => {
  const { paths } = (await api.get<Docs>('/docs-json')).body;
  const operations = Object.values(paths)
    .flatMap((methods) => Object.entries(methods))
    .flatMap(([method, operation]) => (method === 'get' ? [] : [operation]));
  const expected = [...Object.keys(writes), ...OF_CREDENTIALS].toSorted();
  expect(operations.map(({ operationId }) => operationId).toSorted()).toEqual(expected);
});

it.each(Object.keys(writes))('%s takes effect once, also after a later write', async (operation) => {
  const write = await writes[operation]!();
  const key = { 'idempotency-key': unique('key-') };
  const { status } = await write.send(key);
  expect(status).toBeLessThan(300);
  await write.undo?.();
  const state = await write.state();
  expect(await write.send(key)).toHaveStatus(status);
  expect(await write.state()).toEqual(state);
});

it.each(Object.keys(writes).filter((operation) => operation !== 'CreateUser'))(
  '%s is refused with the key of another request',
  async (operation) => {
    const write = await writes[operation]!();
    const key = { 'idempotency-key': unique('key-') };
    expect((await write.send(key)).status).toBeLessThan(300);
    expect(await write.another(key)).toBeRefused(422, {
      'idempotency-key': ['was used for another request'],
    });
  },
);

it('two people may register with the same key', async () => {
  const { send, another } = await writes['CreateUser']!();
  const key = { 'idempotency-key': 'register-1' };
  expect([(await send(key)).status, (await another(key)).status]).toEqual([201, 201]);
});
