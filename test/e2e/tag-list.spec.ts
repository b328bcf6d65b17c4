import { describe, expect, it } from 'vitest';
import {
  articlePath,
  newArticle,
  publish,
  register,
  unique,
  type ArticleBody,
  type ArticlesBody,
  type TagsBody,
} from '../support/conduit.js';
import { api } from './client.js';

async function tagged(tag: string) {
  const { body } = await api.get<ArticlesBody>(`/api/articles?tag=${encodeURIComponent(tag)}`);
  return body.articlesCount;
}

describe('the tags of an article', () => {
  it('are in alphabetical order', async () => {
    const tagList = ['zebra', 'apple', 'Mango', 'banana', '한국'];
    const { slug } = await publish(await register(api), { tagList });
    const { body } = await api.get<ArticleBody>(articlePath(slug));
    expect(body.article.tagList).toEqual(['Mango', 'apple', 'banana', 'zebra', '한국']);
    const list = await api.get<ArticlesBody>(`/api/articles?author=${body.article.author.username}`);
    expect(list.body.articles[0]?.tagList).toEqual(body.article.tagList);
  });

  it('collapse when they are the same', async () => {
    const tag = unique('tag');
    const { tagList } = await publish(await register(api), { tagList: [tag, 'other', tag, tag] });
    expect(tagList).toEqual(['other', tag]);
    expect(await tagged(tag)).toBe(1);
  });

  it('are none unless some are given', async () => {
    const author = await register(api);
    expect((await publish(author)).tagList).toEqual([]);
    expect((await publish(author, { tagList: [] })).tagList).toEqual([]);
  });

  it('stay when an update does not speak of them', async () => {
    const author = await register(api);
    const { slug, tagList } = await publish(author, { tagList: ['b', 'a'] });
    const reply = await author.api.put<ArticleBody>(articlePath(slug), { article: { body: 'Changed.' } });
    expect(reply.body.article.tagList).toEqual(tagList);
  });

  it('are replaced by an update, and the filter follows', async () => {
    const author = await register(api);
    const [dropped, kept, added] = [unique('dropped'), unique('kept'), unique('added')];
    const { slug } = await publish(author, { tagList: [dropped, kept] });
    const reply = await author.api.put<ArticleBody>(articlePath(slug), {
      article: { tagList: [added, kept] },
    });
    expect(reply).toHaveStatus(200);
    expect(reply.body.article).toMatchObject({ slug, tagList: [added, kept] });
    expect(await Promise.all([dropped, kept, added].map(tagged))).toEqual([0, 1, 1]);
  });

  it('are cleared by an empty list', async () => {
    const author = await register(api);
    const tag = unique('tag');
    const { slug } = await publish(author, { tagList: [tag] });
    const reply = await author.api.put<ArticleBody>(articlePath(slug), { article: { tagList: [] } });
    expect(reply).toHaveStatus(200);
    expect(reply.body.article.tagList).toEqual([]);
    expect(await tagged(tag)).toBe(0);
  });

  it.each([[null], ['dragons'], [{}], [1], [[1]], [[null]], [['a', {}]], [[['a']]]])(
    'cannot be %j',
    async (tagList) => {
      const author = await register(api);
      const { slug } = await publish(author);
      const created = await author.api.post('/api/articles', { article: newArticle({ tagList }) });
      expect(created).toBeRefusedFor(422, 'tagList');
      const updated = await author.api.put(articlePath(slug), { article: { tagList } });
      expect(updated).toBeRefusedFor(422, 'tagList');
    },
  );
});

describe('the list of tags', () => {
  it('has a new tag at once, and once only', async () => {
    const tag = unique('tag');
    const author = await register(api);
    await publish(author, { tagList: [tag] });
    await publish(author, { tagList: [tag] });
    const { body } = await api.get<TagsBody>('/api/tags');
    expect(body.tags.filter((listed) => listed === tag)).toEqual([tag]);
    expect(new Set(body.tags).size).toBe(body.tags.length);
  });
});
