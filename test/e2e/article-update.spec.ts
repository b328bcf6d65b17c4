import { describe, expect, it } from 'vitest';
import {
  articlePath,
  comment,
  favorite,
  publish,
  register,
  unique,
  type ArticleBody,
  type ArticlesBody,
  type CommentsBody,
} from '../support/conduit.js';
import { api } from './client.js';

describe('an update of an article', () => {
  it.each(['description', 'body'])('changes the %s alone, and keeps the slug', async (field) => {
    const author = await register(api);
    const before = await publish(author, { tagList: ['dragons'] });
    const reply = await author.api.put<ArticleBody>(articlePath(before.slug), {
      article: { [field]: 'Changed.' },
    });
    expect(reply).toHaveStatus(200);
    expect(reply.body.article).toEqual({ ...before, [field]: 'Changed.', updatedAt: expect.any(String) });
    expect(Date.parse(reply.body.article.updatedAt)).toBeGreaterThanOrEqual(Date.parse(before.updatedAt));
    const { body } = await api.get<ArticleBody>(articlePath(before.slug));
    expect(body.article).toEqual(reply.body.article);
  });

  it('of the title moves the article to a new slug', async () => {
    const author = await register(api);
    const before = await publish(author);
    const title = `Did you ${unique('train')}?`;
    const reply = await author.api.put<ArticleBody>(articlePath(before.slug), { article: { title } });
    expect(reply).toHaveStatus(200);
    const { article } = reply.body;
    expect(article).toMatchObject({ title, body: before.body, createdAt: before.createdAt });
    expect(article.slug).not.toBe(before.slug);
    expect(await api.get(articlePath(article.slug))).toHaveStatus(200);
    expect(await api.get(articlePath(before.slug))).toBeRefused(404, { article: ['not found'] });
  });

  it('of the title takes tags, favorites and comments along', async () => {
    const [author, fan] = [await register(api), await register(api)];
    const tag = unique('tag');
    const before = await publish(author, { tagList: [tag] });
    await favorite(fan, before.slug);
    const { id } = await comment(fan, before.slug);
    const { body } = await author.api.put<ArticleBody>(articlePath(before.slug), {
      article: { title: unique('Another ') },
    });
    const { slug } = body.article;
    expect(body.article).toMatchObject({ tagList: [tag], favoritesCount: 1 });
    const comments = await api.get<CommentsBody>(`${articlePath(slug)}/comments`);
    expect(comments.body.comments).toMatchObject([{ id }]);
    const list = await fan.api.get<ArticlesBody>(`/api/articles?tag=${tag}&favorited=${fan.username}`);
    expect(list.body).toMatchObject({ articlesCount: 1, articles: [{ slug, favorited: true }] });
  });

  it('does not move the article in time', async () => {
    const author = await register(api);
    const older = await publish(author);
    const newer = await publish(author);
    await author.api.put(articlePath(older.slug), { article: { body: 'Changed.' } });
    const { body } = await api.get<ArticlesBody>(`/api/articles?author=${author.username}`);
    expect(body.articles.map(({ slug }) => slug)).toEqual([newer.slug, older.slug]);
  });

  it('of another user’s article is forbidden, and changes nothing', async () => {
    const [author, other] = [await register(api), await register(api)];
    const before = await publish(author);
    const reply = await other.api.put(articlePath(before.slug), { article: { body: 'Changed.' } });
    expect(reply).toBeRefused(403, { article: ['forbidden'] });
    const { body } = await api.get<ArticleBody>(articlePath(before.slug));
    expect(body.article).toEqual(before);
  });

  it.each(['title', 'description', 'body'])('may not leave the %s blank', async (field) => {
    const author = await register(api);
    const { slug } = await publish(author);
    for (const blank of [null, '', '  \n']) {
      const reply = await author.api.put(articlePath(slug), { article: { [field]: blank } });
      expect(reply).toBeRefused(422, { [field]: ["can't be blank"] });
    }
  });

  it.each(['title', 'description', 'body'])('refuses a %s of a wrong type', async (field) => {
    const author = await register(api);
    const { slug } = await publish(author);
    for (const value of [1, true, {}, ['a']]) {
      expect(await author.api.put(articlePath(slug), { article: { [field]: value } })).toBeRefusedFor(
        422,
        field,
      );
    }
  });

  it('that is refused for one field changes no other', async () => {
    const author = await register(api);
    const before = await publish(author);
    const changes = { description: 'Changed.', body: '' };
    expect(await author.api.put(articlePath(before.slug), { article: changes })).toHaveStatus(422);
    const { body } = await api.get<ArticleBody>(articlePath(before.slug));
    expect(body.article).toEqual(before);
  });
});
