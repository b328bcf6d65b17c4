import { describe, expect, it } from 'vitest';
import {
  articlePath,
  favorite,
  publish,
  register,
  type ArticleBody,
  type ArticlesBody,
  type Person,
} from '../support/conduit.js';
import { api } from './client.js';

async function unfavorite(fan: Person, slug: string) {
  const reply = await fan.api.del<ArticleBody>(`${articlePath(slug)}/favorite`);
  expect(reply).toHaveStatus(200);
  return reply.body.article;
}

async function seen(viewer: typeof api, slug: string) {
  const { body } = await viewer.get<ArticleBody>(articlePath(slug));
  return [body.article.favorited, body.article.favoritesCount];
}

async function favoritesOf({ username }: Person) {
  const { body } = await api.get<ArticlesBody>(`/api/articles?favorited=${username}`);
  return body;
}

describe('favoriting', () => {
  it('answers with the article, favorited and otherwise unchanged', async () => {
    const [author, fan] = [await register(api), await register(api)];
    const article = await publish(author);
    expect(await favorite(fan, article.slug)).toEqual({ ...article, favorited: true, favoritesCount: 1 });
  });

  it('ends with unfavoriting', async () => {
    const [author, fan] = [await register(api), await register(api)];
    const article = await publish(author);
    await favorite(fan, article.slug);
    expect(await unfavorite(fan, article.slug)).toEqual(article);
    expect(await seen(fan.api, article.slug)).toEqual([false, 0]);
    expect(await favoritesOf(fan)).toEqual({ articles: [], articlesCount: 0 });
  });

  it('and unfavoriting may be repeated', async () => {
    const [author, fan] = [await register(api), await register(api)];
    const { slug } = await publish(author);
    await favorite(fan, slug);
    expect(await favorite(fan, slug)).toMatchObject({ favorited: true, favoritesCount: 1 });
    expect((await favoritesOf(fan)).articlesCount).toBe(1);
    await unfavorite(fan, slug);
    expect(await unfavorite(fan, slug)).toMatchObject({ favorited: false, favoritesCount: 0 });
    expect((await favoritesOf(fan)).articlesCount).toBe(0);
  });

  it('counts all users, and marks the article for each of them', async () => {
    const [author, fan, other] = [await register(api), await register(api), await register(api)];
    const { slug } = await publish(author);
    await favorite(fan, slug);
    expect(await favorite(other, slug)).toMatchObject({ favorited: true, favoritesCount: 2 });
    await unfavorite(other, slug);
    expect(await seen(fan.api, slug)).toEqual([true, 1]);
    expect(await seen(other.api, slug)).toEqual([false, 1]);
    expect(await seen(author.api, slug)).toEqual([false, 1]);
    expect(await seen(api, slug)).toEqual([false, 1]);
  });

  it('is open to the author', async () => {
    const author = await register(api);
    const { slug } = await publish(author);
    expect(await favorite(author, slug)).toMatchObject({ favorited: true, favoritesCount: 1 });
  });

  it('shows in the answer to the author’s update', async () => {
    const author = await register(api);
    const { slug } = await publish(author);
    await favorite(author, slug);
    const { body } = await author.api.put<ArticleBody>(articlePath(slug), { article: { body: 'Changed.' } });
    expect(body.article).toMatchObject({ favorited: true, favoritesCount: 1 });
  });
});
