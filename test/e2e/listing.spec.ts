import { beforeAll, describe, expect, it, vi } from 'vitest';
import {
  articlePath,
  favorite,
  publish,
  publishMany,
  register,
  unique,
  type Article,
  type ArticlesBody,
  type Person,
} from '../support/conduit.js';
import { api } from './client.js';

const nothing = { articles: [], articlesCount: 0 };

async function list(query: string, viewer = api) {
  const reply = await viewer.get<ArticlesBody>(`/api/articles${query}`);
  expect(reply).toHaveStatus(200);
  return reply.body;
}

/** What a list says of itself in short. */
async function outline(query: string) {
  const { articles, articlesCount } = await list(query);
  return { slugs: articles.map(({ slug }) => slug), articlesCount };
}

function outlineOf(...articles: Article[]) {
  return { slugs: articles.map(({ slug }) => slug), articlesCount: articles.length };
}

describe('the list of articles', () => {
  const tag = unique('tag');
  const korean = unique('용 & 불 ');
  let ada: Person;
  let bob: Person;
  let fan: Person;
  let first: Article;
  let second: Article;
  let third: Article;

  beforeAll(async () => {
    [ada, bob, fan] = [await register(api), await register(api), await register(api)];
    first = await publish(ada, { tagList: [tag, 'common'] });
    second = await publish(ada, { tagList: [korean] });
    third = await publish(bob, { tagList: [korean, tag] });
    for (const { slug } of [third, first]) {
      await favorite(fan, slug);
    }
  });

  it('shows an article without its body, and otherwise as it is', async () => {
    const { articles } = await list(`?author=${ada.username}&tag=${tag}`);
    const { body, ...summary } = first;
    expect(body).not.toBe('');
    expect(articles).toEqual([{ ...summary, favoritesCount: 1 }]);
  });

  it('filters by author', async () => {
    expect(await outline(`?author=${ada.username}`)).toEqual(outlineOf(second, first));
  });

  it('filters by tag', async () => {
    expect(await outline(`?tag=${tag}`)).toEqual(outlineOf(third, first));
  });

  it('filters by a tag in any script', async () => {
    expect(await outline(`?tag=${encodeURIComponent(korean)}`)).toEqual(outlineOf(third, second));
  });

  it('filters by who favorited it, newest article first', async () => {
    expect(await outline(`?favorited=${fan.username}`)).toEqual(outlineOf(third, first));
  });

  it('filters by tag and author', async () => {
    expect(await outline(`?tag=${tag}&author=${bob.username}`)).toEqual(outlineOf(third));
  });

  it('filters by author and favorited', async () => {
    expect(await outline(`?author=${ada.username}&favorited=${fan.username}`)).toEqual(outlineOf(first));
  });

  it('filters by tag and favorited', async () => {
    expect(await outline(`?tag=${tag}&favorited=${fan.username}`)).toEqual(outlineOf(third, first));
  });

  it('filters by all at once', async () => {
    expect(await outline(`?tag=${tag}&favorited=${fan.username}&author=${ada.username}`)).toEqual(
      outlineOf(first),
    );
  });

  it('counts all that match when a page holds less', async () => {
    for (const query of [
      `?tag=${tag}`,
      `?author=${ada.username}`,
      `?favorited=${fan.username}`,
      `?tag=${tag}&favorited=${fan.username}`,
    ]) {
      const { articles, articlesCount } = await list(`${query}&limit=1`);
      expect({ shown: articles.length, articlesCount }).toEqual({ shown: 1, articlesCount: 2 });
    }
  });

  it('is empty for an unknown author, fan or tag', async () => {
    expect(await list(`?author=${unique('unknown')}`)).toEqual(nothing);
    expect(await list(`?favorited=${unique('unknown')}`)).toEqual(nothing);
    expect(await list(`?tag=${unique('tag')}`)).toEqual(nothing);
    expect(await list(`?tag=${tag}&author=${unique('unknown')}`)).toEqual(nothing);
  });

  it('is empty for an author without articles and for a combination that nothing meets', async () => {
    expect(await list(`?author=${fan.username}`)).toEqual(nothing);
    expect(await list(`?author=${ada.username}&tag=${unique('tag')}`)).toEqual(nothing);
    expect(await list(`?author=${bob.username}&favorited=${ada.username}`)).toEqual(nothing);
  });

  it('takes tags and names literally', async () => {
    expect(await list('?tag=%25')).toEqual(nothing);
    expect(await list(`?author=${ada.username.slice(0, -1)}_`)).toEqual(nothing);
    expect(await list(`?author=${encodeURIComponent("' OR 1=1 --")}`)).toEqual(nothing);
  });

  it('marks what the viewer favorited', async () => {
    const favorited = async (viewer = api) =>
      (await list(`?tag=${tag}`, viewer)).articles.map((article) => article.favorited);
    expect(await favorited(fan.api)).toEqual([true, true]);
    expect(await favorited(ada.api)).toEqual([false, false]);
    expect(await favorited()).toEqual([false, false]);
  });

  it('without a filter has a new article at its head and in its count', async () => {
    const author = await register(api);
    // Others may publish and delete between two looks at the whole list, but not every time.
    await vi.waitFor(
      async () => {
        const before = await list('?limit=1');
        const [older, newer] = await publishMany(author, 2);
        const after = await list('?limit=2');
        expect(after.articles.map(({ slug }) => slug)).toEqual([newer?.slug, older?.slug]);
        expect(after.articlesCount).toBe(before.articlesCount + 2);
        await author.api.del(articlePath(newer?.slug ?? ''));
        const end = await list('?limit=1');
        expect(end.articles[0]?.slug).toBe(older?.slug);
        expect(end.articlesCount).toBe(before.articlesCount + 1);
      },
      { timeout: 60_000, interval: 100 },
    );
  }, 90_000);
});
