import { describe, expect, it } from 'vitest';
import { atOnce } from '../support/at-once.js';
import { articlePath, comment, follow, publish, register, type ArticlesBody } from '../support/conduit.js';
import { api } from './client.js';

const nothing = { articles: [], articlesCount: 0 };

describe('deletion while others are at it', () => {
  it('lets readers see the article or nothing', async () => {
    const [author, reader] = [await register(api), await register(api)];
    await follow(reader, author);
    const { slug } = await publish(author);
    await comment(author, slug);
    const paths = [articlePath(slug), `${articlePath(slug)}/comments`];
    const remove = async () => expect(await author.api.del(articlePath(slug))).toHaveStatus(204);
    let reads = 0;
    const readUntilGone = async (path: string) => {
      for (let reply = await reader.api.get(path); reply.status !== 404; reply = await reader.api.get(path)) {
        expect(reply).toHaveStatus(200);
        expect(await reader.api.get('/api/articles/feed')).toHaveStatus(200);
        expect(await reader.api.get(`/api/articles?author=${author.username}`)).toHaveStatus(200);
        reads += 1;
        await (reads === 20 ? remove() : undefined);
      }
    };
    await Promise.all([...paths, ...paths, ...paths, ...paths].map(readUntilGone));
    expect(reads).toBeGreaterThanOrEqual(20);
    const { body } = await api.get<ArticlesBody>(`/api/articles?author=${author.username}`);
    expect(body).toEqual(nothing);
  });

  it('lets writers succeed or find nothing, and leaves nothing of theirs to be seen', async () => {
    const author = await register(api);
    const fans = await atOnce(8, 8, () => register(api));
    const { slug } = await publish(author);
    const remove = async () => expect(await author.api.del(articlePath(slug))).toHaveStatus(204);
    let writes = 0;
    await Promise.all(
      fans.map(async ({ api: mine }) => {
        for (let isThere = true; isThere;) {
          const replies = [
            await mine.post(`${articlePath(slug)}/favorite`),
            await mine.post(`${articlePath(slug)}/comments`, { comment: { body: 'Well said.' } }),
            await mine.del(`${articlePath(slug)}/favorite`),
          ];
          expect(replies.every(({ status }) => [200, 201, 404].includes(status))).toBe(true);
          isThere = replies.every(({ status }) => status !== 404);
          writes += 1;
          await (writes === 16 ? remove() : undefined);
        }
      }),
    );
    for (const { username } of fans) {
      const { body } = await api.get<ArticlesBody>(`/api/articles?favorited=${username}`);
      expect(body).toEqual(nothing);
    }
    expect(await api.get(`${articlePath(slug)}/comments`)).toBeRefused(404, { article: ['not found'] });
  });
});
