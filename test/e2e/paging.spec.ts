import { beforeAll, describe, expect, it } from 'vitest';
import {
  favorite,
  follow,
  publishMany,
  register,
  unique,
  type ArticlesBody,
  type Person,
} from '../support/conduit.js';
import { api } from './client.js';

const total = 25;
const limits = ['0', '-1', 'abc', '1.5', '101', '1e9999', '9'.repeat(20), 'NaN', 'Infinity', '10abc', '0x10'];
const offsets = ['-1', 'abc', '1.5', '1e9999', 'NaN', 'Infinity', '10abc', '--1'];

describe('paging', () => {
  const tag = unique('tag');
  let reader: Person;
  let newestFirst: string[];
  let lists: string[];

  beforeAll(async () => {
    const author = await register(api);
    reader = await register(api);
    await follow(reader, author);
    const articles = await publishMany(author, total, { tagList: [tag] });
    for (const { slug } of articles.toSorted(() => Math.random() - 0.5)) {
      await favorite(reader, slug);
    }
    newestFirst = articles.map(({ slug }) => slug).toReversed();
    lists = [
      `/api/articles?author=${author.username}`,
      `/api/articles?tag=${tag}`,
      `/api/articles?favorited=${reader.username}`,
      `/api/articles?favorited=${reader.username}&tag=${tag}`,
      '/api/articles/feed?',
    ];
  });

  const page = async (list: string, query = '') => {
    const reply = await reader.api.get<ArticlesBody>(`${list}${query}`);
    expect(reply).toHaveStatus(200);
    expect(reply.body.articlesCount).toBe(total);
    return reply.body.articles.map(({ slug }) => slug);
  };

  it('shows 20, newest first, by default', async () => {
    for (const list of lists) {
      expect(await page(list)).toEqual(newestFirst.slice(0, 20));
    }
  });

  it('shows as many as asked for', async () => {
    for (const list of lists) {
      expect(await page(list, '&limit=1')).toEqual(newestFirst.slice(0, 1));
      expect(await page(list, '&limit=100')).toEqual(newestFirst);
    }
  });

  it('skips as many as asked for', async () => {
    for (const list of lists) {
      expect(await page(list, '&offset=0')).toEqual(newestFirst.slice(0, 20));
      expect(await page(list, '&offset=3')).toEqual(newestFirst.slice(3, 23));
      expect(await page(list, '&offset=24')).toEqual(newestFirst.slice(24));
    }
  });

  it('neither repeats nor omits an article from page to page', async () => {
    for (const list of lists) {
      const pages: string[] = [];
      for (let offset = 0; offset < total; offset += 4) {
        pages.push(...(await page(list, `&limit=4&offset=${offset}`)));
      }
      expect(pages).toEqual(newestFirst);
    }
  });

  it('shows nothing beyond the end, and still counts', async () => {
    for (const list of lists) {
      expect(await page(list, `&offset=${total}`)).toEqual([]);
      expect(await page(list, '&offset=1000000')).toEqual([]);
    }
  });

  it.each(limits)('refuses limit=%s', async (limit) => {
    expect(await api.get(`/api/articles?limit=${limit}`)).toBeRefusedFor(422, 'limit');
    expect(await reader.api.get(`/api/articles/feed?limit=${limit}`)).toBeRefusedFor(422, 'limit');
  });

  it.each(offsets)('refuses offset=%s', async (offset) => {
    expect(await api.get(`/api/articles?offset=${offset}`)).toBeRefusedFor(422, 'offset');
    expect(await reader.api.get(`/api/articles/feed?offset=${offset}`)).toBeRefusedFor(422, 'offset');
  });

  it.each(['limit', 'offset'])('refuses a %s that is given twice', async (name) => {
    expect(await api.get(`/api/articles?${name}=1&${name}=2`)).toBeRefusedFor(422, name);
    expect(await reader.api.get(`/api/articles/feed?${name}=1&${name}=2`)).toBeRefusedFor(422, name);
  });

  it('answers an offset beyond all numbers with an empty page or a refusal', async () => {
    for (const offset of ['2147483648', '9007199254740993', '9223372036854775808', '9'.repeat(40)]) {
      expect(await api.get(`/api/articles?offset=${offset}`)).toHaveStatus([200, 422]);
      expect(await reader.api.get(`/api/articles/feed?offset=${offset}`)).toHaveStatus([200, 422]);
    }
  });
});
