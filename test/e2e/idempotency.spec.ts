import { describe, expect, it } from 'vitest';
import { atOnce } from '../support/at-once.js';
import {
  articlePath,
  type ArticleBody,
  type ArticlesBody,
  type CommentBody,
  type CommentsBody,
  newArticle,
  newUser,
  publish,
  register,
  unique,
  type UserBody,
} from '../support/conduit.js';
import { api } from './client.js';

const keyed = () => ({ 'idempotency-key': unique('key-') });

describe('a write that is repeated with its Idempotency-Key', () => {
  it('publishes once and answers the same', async () => {
    const author = await register(api);
    const body = { article: newArticle({ tagList: ['once'] }) };
    const key = keyed();
    const replies = await atOnce(10, 10, () => author.api.post<ArticleBody>('/api/articles', body, key));
    expect(new Set(replies.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(replies[0]!.status).toBe(201);
    const { articlesCount } = (await api.get<ArticlesBody>(`/api/articles?author=${author.username}`)).body;
    expect(articlesCount).toBe(1);
  });

  it('comments once and answers the same', async () => {
    const author = await register(api);
    const path = `${articlePath((await publish(author)).slug)}/comments`;
    const key = keyed();
    const replies = await atOnce(5, 5, () =>
      author.api.post<CommentBody>(path, { comment: { body: 'Once.' } }, key),
    );
    expect(new Set(replies.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect((await api.get<CommentsBody>(path)).body.comments).toHaveLength(1);
  });

  it('renames and deletes, and says so again although the article is no longer there', async () => {
    const author = await register(api);
    const path = articlePath((await publish(author)).slug);
    const [rename, remove] = [keyed(), keyed()];
    const update = { article: { title: unique('Renamed ') } };
    const first = await author.api.put<ArticleBody>(path, update, rename);
    expect(first).toHaveStatus(200);
    expect((await author.api.put<ArticleBody>(path, update, rename)).text).toBe(first.text);
    const renamed = articlePath(first.body.article.slug);
    expect(await author.api.del(renamed, undefined, remove)).toHaveStatus(204);
    expect(await author.api.del(renamed, undefined, remove)).toHaveStatus(204);
    expect(await author.api.del(renamed)).toBeRefused(404, { article: ['not found'] });
  });

  it('registers once, and gives a token only with the password', async () => {
    const user = newUser();
    const key = keyed();
    const send = (sent: object) => api.post<UserBody>('/api/users', { user: sent }, key);
    expect(await send(user)).toHaveStatus(201);
    const again = await send(user);
    expect(again).toHaveStatus(201);
    expect(again.body.user.username).toBe(user.username);
    expect(await send({ ...user, password: 'not the password' })).toBeRefused(409, {
      username: ['has already been taken'],
    });
  });
});

it('is refused when the key was used for another request', async () => {
  const author = await register(api);
  const key = keyed();
  expect(await author.api.post('/api/articles', { article: newArticle() }, key)).toHaveStatus(201);
  expect(await author.api.post('/api/articles', { article: newArticle() }, key)).toBeRefused(422, {
    'idempotency-key': ['was used for another request'],
  });
});

it("does not meet anybody else's key", async () => {
  const [one, other] = [await register(api), await register(api)];
  const key = keyed();
  const first = await one.api.post<ArticleBody>('/api/articles', { article: newArticle() }, key);
  const second = await other.api.post<ArticleBody>('/api/articles', { article: newArticle() }, key);
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(second.body.article.author.username).toBe(other.username);
});

it.each(['', 'with space', 'x'.repeat(256), 'ключ'])('a key like %j is refused', async (key) => {
  const author = await register(api);
  const reply = await author.api.post(
    '/api/articles',
    { article: newArticle() },
    { 'idempotency-key': Buffer.from(key).toString('latin1') },
  );
  expect(reply).toBeRefusedFor(422, 'idempotency-key');
});
