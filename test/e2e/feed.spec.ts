import { describe, expect, it } from 'vitest';
import {
  articlePath,
  favorite,
  follow,
  profilePath,
  publish,
  register,
  type ArticlesBody,
  type Person,
} from '../support/conduit.js';
import { api } from './client.js';

async function feed(reader: Person, query = '') {
  const reply = await reader.api.get<ArticlesBody>(`/api/articles/feed${query}`);
  expect(reply).toHaveStatus(200);
  return reply.body;
}

describe('the feed', () => {
  it('is empty for a user without follows', async () => {
    const reader = await register(api);
    await publish(reader);
    expect(await feed(reader)).toEqual({ articles: [], articlesCount: 0 });
  });

  it('is empty while those followed have written nothing', async () => {
    const [reader, author] = [await register(api), await register(api)];
    await follow(reader, author);
    expect(await feed(reader)).toEqual({ articles: [], articlesCount: 0 });
  });

  it('shows an article at once, without its body', async () => {
    const [reader, author] = [await register(api), await register(api)];
    await follow(reader, author);
    const { body, ...summary } = await publish(author);
    expect(body).not.toBe('');
    expect(await feed(reader)).toEqual({
      articles: [{ ...summary, author: { ...summary.author, following: true } }],
      articlesCount: 1,
    });
  });

  it('mixes the articles of followed authors only, newest first', async () => {
    const reader = await register(api);
    const [ada, bob, unfollowed] = [await register(api), await register(api), await register(api)];
    const before = await publish(ada);
    await follow(reader, ada);
    await follow(reader, bob);
    const second = await publish(bob);
    await publish(unfollowed);
    const third = await publish(ada);
    const { articles, articlesCount } = await feed(reader);
    expect(articles.map(({ slug }) => slug)).toEqual([third.slug, second.slug, before.slug]);
    expect(articlesCount).toBe(3);
    const page = await feed(reader, '?limit=1&offset=1');
    expect(page).toMatchObject({ articlesCount: 3, articles: [{ slug: second.slug }] });
  });

  it('loses the articles of an author after an unfollow', async () => {
    const [reader, ada, bob] = [await register(api), await register(api), await register(api)];
    await follow(reader, ada);
    await follow(reader, bob);
    await publish(ada);
    const kept = await publish(bob);
    await reader.api.del(`${profilePath(ada.username)}/follow`);
    expect(await feed(reader)).toMatchObject({ articlesCount: 1, articles: [{ slug: kept.slug }] });
  });

  it('loses an article that is deleted', async () => {
    const [reader, author] = [await register(api), await register(api)];
    await follow(reader, author);
    const { slug } = await publish(author);
    expect((await feed(reader)).articlesCount).toBe(1);
    await author.api.del(articlePath(slug));
    expect(await feed(reader)).toEqual({ articles: [], articlesCount: 0 });
  });

  it('counts a followed author once, however often followed', async () => {
    const [reader, author] = [await register(api), await register(api)];
    await follow(reader, author);
    await follow(reader, author);
    await publish(author);
    const { articles, articlesCount } = await feed(reader);
    expect([articles.length, articlesCount]).toEqual([1, 1]);
  });

  it('marks what the reader favorited', async () => {
    const [reader, author] = [await register(api), await register(api)];
    await follow(reader, author);
    const { slug } = await publish(author);
    await favorite(reader, slug);
    expect((await feed(reader)).articles).toMatchObject([{ slug, favorited: true, favoritesCount: 1 }]);
  });
});
