import { describe, expect, it } from 'vitest';
import { articlePath, newArticle, publish, register, unique, type ArticleBody } from '../support/conduit.js';
import { api } from './client.js';

const required = ['title', 'description', 'body'] as const;

describe('publication', () => {
  it('answers with the whole article', async () => {
    const author = await register(api);
    const article = newArticle({ tagList: ['dragons', 'training'] });
    const before = Date.now();
    const reply = await author.api.post<ArticleBody>('/api/articles', { article });
    expect(reply).toHaveStatus(201);
    const { slug, createdAt, updatedAt, ...rest } = reply.body.article;
    expect(rest).toEqual({
      ...article,
      favorited: false,
      favoritesCount: 0,
      author: { username: author.username, bio: null, image: null, following: false },
    });
    expect(slug).not.toBe('');
    expect(createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(Math.abs(Date.parse(createdAt) - before)).toBeLessThan(60_000);
    expect(updatedAt).toBe(createdAt);
  });

  it('makes the article readable to all users at once', async () => {
    const article = await publish(await register(api));
    const reply = await api.get<ArticleBody>(articlePath(article.slug));
    expect(reply).toHaveStatus(200);
    expect(reply.body.article).toEqual(article);
  });

  it('keeps text as it is', async () => {
    const text = '  <b>"quotes" \\ & ünïcödé 한글 🐉</b>\r\n\ttabs  ';
    const { slug } = await publish(await register(api), { description: text, body: text });
    const { body } = await api.get<ArticleBody>(articlePath(slug));
    expect(body.article).toMatchObject({ description: text, body: text });
  });

  it('takes a body of nearly a mebibyte', async () => {
    const text = 'x'.repeat(1_000_000);
    const { slug } = await publish(await register(api), { body: text });
    const { body } = await api.get<ArticleBody>(articlePath(slug));
    expect(body.article.body === text).toBe(true);
  });

  it('ignores properties that are not the author’s to set', async () => {
    const author = await register(api);
    const slug = unique('chosen');
    const article = await publish(author, {
      slug,
      favoritesCount: 99,
      favorited: true,
      author: { username: 'me' },
    });
    expect(article).toMatchObject({
      favoritesCount: 0,
      favorited: false,
      author: { username: author.username },
    });
    expect(article.slug).not.toBe(slug);
  });

  describe.each(required)('%s', (field) => {
    it.each([
      ['missing', undefined],
      ['null', null],
      ['empty', ''],
      ['nothing but white space', ' \t\n '],
    ])('that is %s is refused as blank', async (_, value) => {
      const { api: mine } = await register(api);
      const reply = await mine.post('/api/articles', { article: newArticle({ [field]: value }) });
      expect(reply).toBeRefused(422, { [field]: ["can't be blank"] });
    });

    it('of a wrong type is refused', async () => {
      const { api: mine } = await register(api);
      for (const value of [1, true, {}, ['a']]) {
        const reply = await mine.post('/api/articles', { article: newArticle({ [field]: value }) });
        expect(reply).toBeRefusedFor(422, field);
      }
    });
  });

  it('names every blank field at once', async () => {
    const { api: mine } = await register(api);
    expect(await mine.post('/api/articles', { article: {} })).toBeRefused(422, {
      title: ["can't be blank"],
      description: ["can't be blank"],
      body: ["can't be blank"],
    });
  });
});

describe('an article', () => {
  it('that does not exist is not found, whatever is asked of it', async () => {
    const { api: mine } = await register(api);
    const path = articlePath(unique('no-such-article'));
    const notFound = { article: ['not found'] };
    expect(await api.get(path)).toBeRefused(404, notFound);
    expect(await mine.get(path)).toBeRefused(404, notFound);
    expect(await mine.put(path, { article: { body: 'x' } })).toBeRefused(404, notFound);
    expect(await mine.del(path)).toBeRefused(404, notFound);
    expect(await mine.post(`${path}/favorite`)).toBeRefused(404, notFound);
    expect(await mine.del(`${path}/favorite`)).toBeRefused(404, notFound);
    expect(await api.get(`${path}/comments`)).toBeRefused(404, notFound);
    expect(await mine.post(`${path}/comments`, { comment: { body: 'x' } })).toBeRefused(404, notFound);
    expect(await mine.del(`${path}/comments/1`)).toBeRefused(404, notFound);
  });
});
