import { describe, expect, it } from 'vitest';
import { atOnce } from '../support/at-once.js';
import type { Reply } from '../support/api-client.js';
import {
  articlePath,
  favorite,
  newUser,
  profilePath,
  publish,
  register,
  unique,
  type ArticleBody,
  type ArticlesBody,
  type ProfileBody,
} from '../support/conduit.js';
import { api } from './client.js';

const minutes = 60_000;

async function list(query: string) {
  const reply = await api.get<ArticlesBody>(`/api/articles${query}`);
  expect(reply).toHaveStatus(200);
  return reply.body;
}

function count(replies: Reply[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of replies) {
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}

describe('registrations at once', () => {
  it(
    'of 10 usernames by 1,000 clients succeed for exactly 10',
    async () => {
      const names = Array.from({ length: 10 }, () => unique('wanted'));
      const replies = await atOnce(1000, 100, (index) =>
        api.post('/api/users', { user: newUser({ username: names[index % 10] }) }),
      );
      expect(count(replies)).toEqual({ 201: 10, 409: 990 });
      for (const reply of replies.filter(({ status }) => status === 409)) {
        expect(reply).toBeRefused(409, { username: ['has already been taken'] });
      }
      for (const name of names) {
        expect(await api.get(profilePath(name))).toHaveStatus(200);
      }
    },
    2 * minutes,
  );

  it(
    'of one e-mail address succeed for exactly one, and leave the other usernames free',
    async () => {
      const email = `${unique('wanted')}@example.com`;
      const users = Array.from({ length: 50 }, () => newUser({ email }));
      const replies = await atOnce(50, 50, (index) => api.post('/api/users', { user: users[index] }));
      expect(count(replies)).toEqual({ 201: 1, 409: 49 });
      const profiles = await atOnce(50, 10, (index) => api.get(profilePath(users[index]?.username ?? '')));
      expect(count(profiles)).toEqual({ 200: 1, 404: 49 });
    },
    2 * minutes,
  );

  it('of one username by renaming succeed for exactly one', async () => {
    const people = await atOnce(10, 10, () => register(api));
    const username = unique('wanted');
    const replies = await Promise.all(
      people.map((person) => person.api.put('/api/user', { user: { username } })),
    );
    expect(count(replies)).toEqual({ 200: 1, 409: 9 });
  });
});

describe('publications at once', () => {
  it(
    'of one title get a slug each',
    async () => {
      const author = await register(api);
      const title = unique('Dragons ');
      const articles = await atOnce(200, 100, () => publish(author, { title }));
      const slugs = articles.map(({ slug }) => slug).sort();
      expect(new Set(slugs).size).toBe(200);
      const pages = await Promise.all(
        [0, 100].map((offset) => list(`?author=${author.username}&limit=100&offset=${offset}`)),
      );
      expect(pages.flatMap((page) => page.articles.map(({ slug }) => slug)).sort()).toEqual(slugs);
      expect(pages.map(({ articlesCount }) => articlesCount)).toEqual([200, 200]);
    },
    2 * minutes,
  );

  it(
    'that share tags in every order all succeed, and every count is exact',
    async () => {
      const authors = await atOnce(4, 4, () => register(api));
      const tags = Array.from({ length: 10 }, () => unique('tag'));
      await atOnce(200, 100, (index) => {
        const tagList = tags.toSorted(() => Math.random() - 0.5);
        return publish(authors[index % 4]!, { tagList });
      });
      for (const tag of tags) {
        expect((await list(`?tag=${tag}&limit=1`)).articlesCount).toBe(200);
      }
      for (const { username } of authors) {
        expect((await list(`?author=${username}&limit=1`)).articlesCount).toBe(50);
        expect((await list(`?author=${username}&tag=${tags[0]}&limit=1`)).articlesCount).toBe(50);
      }
    },
    2 * minutes,
  );

  it(
    'and deletions and changes of tags, all at once, leave every count exact',
    async () => {
      const author = await register(api);
      const tags = Array.from({ length: 6 }, () => unique('tag'));
      const articles = await atOnce(60, 30, () => publish(author, { tagList: tags }));
      await atOnce(60, 60, async (index) => {
        const path = articlePath(articles[index]?.slug ?? '');
        const tagList = tags
          .toSorted(() => Math.random() - 0.5)
          .slice(0, 5)
          .concat(tags);
        const reply =
          index % 3 === 0
            ? await author.api.del(path)
            : await author.api.put(path, { article: { tagList: index % 3 === 1 ? [tags[0]] : tagList } });
        expect(reply).toHaveStatus(index % 3 === 0 ? 204 : 200);
      });
      expect((await list(`?author=${author.username}&limit=1`)).articlesCount).toBe(40);
      expect((await list(`?tag=${tags[0]}&limit=1`)).articlesCount).toBe(40);
      expect((await list(`?tag=${tags[1]}&limit=1`)).articlesCount).toBe(20);
    },
    2 * minutes,
  );

  it('of one article, deleted by many, succeed once', async () => {
    const author = await register(api);
    const { slug } = await publish(author);
    const replies = await atOnce(20, 20, () => author.api.del(articlePath(slug)));
    expect(count(replies)).toEqual({ 204: 1, 404: 19 });
    expect((await list(`?author=${author.username}`)).articlesCount).toBe(0);
  });
});

describe('favorites at once', () => {
  it('by one person count once', async () => {
    const [author, fan] = [await register(api), await register(api)];
    const { slug } = await publish(author);
    const replies = await atOnce(50, 50, () => fan.api.post<ArticleBody>(`${articlePath(slug)}/favorite`));
    expect(count(replies)).toEqual({ 200: 50 });
    const { body } = await fan.api.get<ArticleBody>(articlePath(slug));
    expect(body.article).toMatchObject({ favorited: true, favoritesCount: 1 });
    expect((await list(`?favorited=${fan.username}`)).articlesCount).toBe(1);
  });

  it('by twenty people count twenty times, and back to none', async () => {
    const author = await register(api);
    const fans = await atOnce(20, 20, () => register(api));
    const { slug } = await publish(author);
    await Promise.all(fans.map((fan) => favorite(fan, slug)));
    const { body } = await api.get<ArticleBody>(articlePath(slug));
    expect(body.article.favoritesCount).toBe(20);
    await Promise.all(fans.map((fan) => fan.api.del(`${articlePath(slug)}/favorite`)));
    const { body: after } = await api.get<ArticleBody>(articlePath(slug));
    expect(after.article.favoritesCount).toBe(0);
  });

  it('given and taken in a race end with a count that fits what is marked', async () => {
    const [author, fan] = [await register(api), await register(api)];
    const { slug } = await publish(author);
    const path = `${articlePath(slug)}/favorite`;
    const replies = await atOnce(60, 30, (index) =>
      index % 2 === 0 ? fan.api.post(path) : fan.api.del(path),
    );
    expect(count(replies)).toEqual({ 200: 60 });
    const { body } = await fan.api.get<ArticleBody>(articlePath(slug));
    expect(body.article.favoritesCount).toBe(body.article.favorited ? 1 : 0);
    expect((await list(`?favorited=${fan.username}`)).articlesCount).toBe(body.article.favoritesCount);
  });
});

describe('follows at once', () => {
  it('by one person follow once', async () => {
    const [me, you] = [await register(api), await register(api)];
    const path = `${profilePath(you.username)}/follow`;
    const replies = await atOnce(20, 20, () => me.api.post<ProfileBody>(path));
    expect(replies.every(({ status, body }) => status === 200 && body.profile.following)).toBe(true);
    const { body } = await me.api.del<ProfileBody>(path);
    expect(body.profile.following).toBe(false);
  });
});
