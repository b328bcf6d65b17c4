import { describe, expect, it } from 'vitest';
import { articlePath, publish, register, unique, type ArticleBody } from '../support/conduit.js';
import { api } from './client.js';

const awkward = {
  'only punctuation': '?!... --- ///',
  'only dots': '..',
  'only an emoji': '🐉',
  'a word of the path': 'feed',
  'another word of the path': 'comments',
  'a property of every object': '__proto__',
  'what a URL would read otherwise': 'a/b?c=d#e&f%20g',
  'combining marks': 'Z̗͎a̡͠l͉g̢o',
  'right-to-left text': 'كيف تدرب تنينك',
  'full-width and ligatures': 'Ｄｒａｇｏｎ ﬁre',
  'a character outside the basic plane': '𠮷野家 dragons',
  'white space around it': '  dragons  ',
  'a long sentence': 'How to train your dragon. '.repeat(12),
  'a long sentence in Korean': '드래곤을 길들이는 방법 '.repeat(25),
};

describe('a slug', () => {
  it('reads like the title', async () => {
    const word = unique('dragon');
    const { slug } = await publish(await register(api), { title: `How to Train: Your ${word}!` });
    expect(slug).toMatch(new RegExp(`^how-to-train-your-${word}`));
  });

  it('keeps Korean words readable, and is reachable', async () => {
    const title = '드래곤을 길들이는 방법';
    const { slug } = await publish(await register(api), { title });
    for (const word of title.split(' ')) {
      expect(slug.normalize('NFC')).toContain(word);
    }
    const { body } = await api.get<ArticleBody>(articlePath(slug));
    expect(body.article).toMatchObject({ slug, title });
  });

  it.each(Object.entries(awkward))('leads to an article whose title is %s', async (_, title) => {
    const author = await register(api);
    const { slug } = await publish(author, { title });
    const reply = await api.get<ArticleBody>(articlePath(slug));
    expect(reply).toHaveStatus(200);
    expect(reply.body.article.slug).toBe(slug);
    expect(await api.get(`${articlePath(slug)}/comments`)).toHaveStatus(200);
    expect(await author.api.del(articlePath(slug))).toHaveStatus(204);
  });

  it('leads to an article whose title is very long, or the title is refused', async () => {
    const author = await register(api);
    const reply = await author.api.post<ArticleBody>('/api/articles', {
      article: { title: 'dragon '.repeat(10_000), description: 'long', body: 'long' },
    });
    expect(reply).toHaveStatus([201, 422]);
    const read = reply.status === 201 ? await api.get(articlePath(reply.body.article.slug)) : undefined;
    expect(read?.status ?? 200).toBe(200);
  });

  it('differs between articles of one title, also across authors', async () => {
    const title = unique('Dragons ');
    const [author, other] = [await register(api), await register(api)];
    const articles = [
      await publish(author, { title }),
      await publish(author, { title }),
      await publish(other, { title }),
    ];
    expect(new Set(articles.map(({ slug }) => slug)).size).toBe(3);
    for (const { slug, author } of articles) {
      const { body } = await api.get<ArticleBody>(articlePath(slug));
      expect(body.article).toMatchObject({ slug, title, author: { username: author.username } });
    }
  });

  it('is another when a title changes to one that is in use', async () => {
    const author = await register(api);
    const title = unique('Dragons ');
    const first = await publish(author, { title });
    const second = await publish(author);
    const { body } = await author.api.put<ArticleBody>(articlePath(second.slug), { article: { title } });
    expect(body.article.title).toBe(title);
    expect(body.article.slug).not.toBe(first.slug);
    const { body: untouched } = await api.get<ArticleBody>(articlePath(first.slug));
    expect(untouched.article).toEqual(first);
  });
});
