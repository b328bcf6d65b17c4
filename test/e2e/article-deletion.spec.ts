import { describe, expect, it } from 'vitest';
import {
  articlePath,
  comment,
  favorite,
  follow,
  publish,
  register,
  unique,
  type ArticleBody,
  type ArticlesBody,
  type CommentsBody,
} from '../support/conduit.js';
import { api } from './client.js';

const notFound = { article: ['not found'] };

describe('deletion of an article', () => {
  it('makes it unreachable, with its comments', async () => {
    const author = await register(api);
    const { slug } = await publish(author);
    const { id } = await comment(author, slug);
    const reply = await author.api.del(articlePath(slug));
    expect(reply).toHaveStatus(204);
    expect(reply.text).toBe('');
    expect(await api.get(articlePath(slug))).toBeRefused(404, notFound);
    expect(await author.api.get(articlePath(slug))).toBeRefused(404, notFound);
    expect(await api.get(`${articlePath(slug)}/comments`)).toBeRefused(404, notFound);
    expect(await author.api.post(`${articlePath(slug)}/comments`, { comment: { body: 'x' } })).toBeRefused(
      404,
      notFound,
    );
    expect(await author.api.del(`${articlePath(slug)}/comments/${id}`)).toBeRefused(404, notFound);
    expect(await author.api.post(`${articlePath(slug)}/favorite`)).toBeRefused(404, notFound);
    expect(await author.api.put(articlePath(slug), { article: { body: 'x' } })).toBeRefused(404, notFound);
    expect(await author.api.del(articlePath(slug))).toBeRefused(404, notFound);
  });

  it('is visible to every anonymous request for a URL whose response was cached', async () => {
    const author = await register(api);
    const path = articlePath((await publish(author)).slug);
    for (let times = 0; times < 2; times += 1) expect(await api.get(path)).toHaveStatus(200);
    await author.api.del(path);
    for (let times = 0; times < 3; times += 1) expect(await api.get(path)).toBeRefused(404, notFound);
  });

  it('takes it off every list and count', async () => {
    const [author, fan] = [await register(api), await register(api)];
    await follow(fan, author);
    const tag = unique('tag');
    const kept = await publish(author, { tagList: [tag] });
    const gone = await publish(author, { tagList: [tag] });
    await favorite(fan, kept.slug);
    await favorite(fan, gone.slug);
    await author.api.del(articlePath(gone.slug));
    for (const list of [
      `/api/articles?author=${author.username}`,
      `/api/articles?tag=${tag}`,
      `/api/articles?favorited=${fan.username}`,
      `/api/articles?tag=${tag}&author=${author.username}&favorited=${fan.username}`,
      '/api/articles/feed',
    ]) {
      const { body } = await fan.api.get<ArticlesBody>(list);
      expect(body.articlesCount).toBe(1);
      expect(body.articles.map(({ slug }) => slug)).toEqual([kept.slug]);
    }
  });

  it('of another user’s article is forbidden, and changes nothing', async () => {
    const [author, other] = [await register(api), await register(api)];
    const { slug } = await publish(author);
    expect(await other.api.del(articlePath(slug))).toBeRefused(403, { article: ['forbidden'] });
    expect(await api.get(articlePath(slug))).toHaveStatus(200);
  });

  it('leaves nothing behind for a later article of the same title', async () => {
    const author = await register(api);
    const title = unique('Phoenix ');
    const first = await publish(author, { title, tagList: ['old'] });
    await comment(author, first.slug);
    await favorite(author, first.slug);
    await author.api.del(articlePath(first.slug));
    const { slug } = await publish(author, { title });
    const { body } = await author.api.get<ArticleBody>(articlePath(slug));
    expect(body.article).toMatchObject({ title, tagList: [], favorited: false, favoritesCount: 0 });
    const comments = await api.get<CommentsBody>(`${articlePath(slug)}/comments`);
    expect(comments.body.comments).toEqual([]);
  });
});
