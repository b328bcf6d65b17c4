import { describe, expect, it } from 'vitest';
import {
  articlePath,
  comment,
  publish,
  register,
  type CommentBody,
  type CommentsBody,
} from '../support/conduit.js';
import { api } from './client.js';

const notFound = { comment: ['not found'] };

async function published() {
  const author = await register(api);
  const { slug } = await publish(author);
  return { author, path: `${articlePath(slug)}/comments`, slug };
}

async function idsAt(path: string) {
  const reply = await api.get<CommentsBody>(path);
  expect(reply).toHaveStatus(200);
  return reply.body.comments.map(({ id }) => id).sort((a, b) => a - b);
}

describe('a comment', () => {
  it('is answered whole', async () => {
    const { author, path } = await published();
    const reply = await author.api.post<CommentBody>(path, {
      comment: { body: 'His name was my name too.' },
    });
    expect(reply).toHaveStatus(201);
    const { id, createdAt, updatedAt, ...rest } = reply.body.comment;
    expect(rest).toEqual({
      body: 'His name was my name too.',
      author: { username: author.username, bio: null, image: null, following: false },
    });
    expect(id).toBeGreaterThan(0);
    expect(createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(updatedAt).toBe(createdAt);
  });

  it('is listed at once, and with its article alone', async () => {
    const [{ author, slug, path }, other] = [await published(), await published()];
    const written = await comment(author, slug);
    const { body } = await api.get<CommentsBody>(path);
    expect(body).toEqual({ comments: [written] });
    expect(await idsAt(other.path)).toEqual([]);
  });

  it('is on one page only, the newest first', async () => {
    const { author, slug, path } = await published();
    const ids: number[] = [];
    for (let count = 0; count < 5; count += 1) ids.unshift((await comment(author, slug)).id);
    const page = async (query: string) => {
      const reply = await api.get<CommentsBody & { nextCursor: string | null }>(`${path}${query}`);
      expect(reply).toHaveStatus(200);
      return { shown: reply.body.comments.map(({ id }) => id), next: reply.body.nextCursor };
    };
    const first = await page('?limit=2');
    const second = await page(`?limit=2&cursor=${first.next}`);
    await author.api.del(`${path}/${second.shown[1]}`);
    await comment(author, slug);
    const third = await page(`?limit=2&cursor=${second.next}`);
    expect([first.shown, second.shown, third.shown].flat()).toEqual(ids);
    expect(third.next).toBeNull();
  });

  it.each(['cursor=', 'cursor=x', 'cursor=cDE', 'cursor=cDEtMQ&cursor=cDEtMQ', 'limit=0', 'limit=101'])(
    'is not on a page like ?%s',
    async (query) => {
      const { path } = await published();
      expect(await api.get(`${path}?${query}`)).toBeRefusedFor(422, query.split('=')[0]!);
    },
  );

  it('may be by anybody, as often as they like', async () => {
    const { author, slug, path } = await published();
    const other = await register(api);
    const ids = [await comment(author, slug), await comment(other, slug), await comment(other, slug)].map(
      ({ id }) => id,
    );
    expect(new Set(ids).size).toBe(3);
    expect(await idsAt(path)).toEqual(ids.toSorted((a, b) => a - b));
  });

  it('keeps its text as it is', async () => {
    const { author, slug, path } = await published();
    const text = ' <script>alert("용")</script>\n\n🐉 ';
    await comment(author, slug, text);
    const { body } = await api.get<CommentsBody>(path);
    expect(body.comments[0]?.body).toBe(text);
  });

  it.each([
    ['missing', undefined],
    ['null', null],
    ['empty', ''],
    ['nothing but white space', ' \n\t'],
  ])('whose body is %s is refused as blank', async (_, body) => {
    const { author, path } = await published();
    expect(await author.api.post(path, { comment: { body } })).toBeRefused(422, { body: ["can't be blank"] });
    expect(await idsAt(path)).toEqual([]);
  });

  it.each([[1], [true], [{}], [['a']]])('whose body is %j is refused', async (body) => {
    const { author, path } = await published();
    expect(await author.api.post(path, { comment: { body } })).toBeRefusedFor(422, 'body');
  });
});

describe('deletion of a comment', () => {
  it('removes it and no other', async () => {
    const { author, slug, path } = await published();
    const [gone, kept] = [await comment(author, slug), await comment(author, slug)];
    const reply = await author.api.del(`${path}/${gone.id}`);
    expect(reply).toHaveStatus(204);
    expect(reply.text).toBe('');
    expect(await idsAt(path)).toEqual([kept.id]);
    expect(await author.api.del(`${path}/${gone.id}`)).toBeRefused(404, notFound);
  });

  it('is forbidden to all but its author, even to the article’s', async () => {
    const { author, slug, path } = await published();
    const [commenter, other] = [await register(api), await register(api)];
    const { id } = await comment(commenter, slug);
    expect(await other.api.del(`${path}/${id}`)).toBeRefused(403, { comment: ['forbidden'] });
    expect(await author.api.del(`${path}/${id}`)).toBeRefused(403, { comment: ['forbidden'] });
    expect(await idsAt(path)).toEqual([id]);
    expect(await commenter.api.del(`${path}/${id}`)).toHaveStatus(204);
  });

  it('does not find a comment of another article', async () => {
    const [here, there] = [await published(), await published()];
    const { id } = await comment(here.author, there.slug);
    expect(await here.author.api.del(`${here.path}/${id}`)).toBeRefused(404, notFound);
    expect(await idsAt(there.path)).toEqual([id]);
  });

  it('does not find a comment that never was', async () => {
    const { author, path } = await published();
    expect(await author.api.del(`${path}/2147483647`)).toBeRefused(404, notFound);
  });

  it.each([
    '99999999999999999999',
    '9007199254740993',
    '2147483648',
    '-1',
    '0',
    'abc',
    '1.5',
    '1e3',
    'null',
    '%20',
    "1'--",
  ])('finds or understands no id like %s', async (id) => {
    const { author, path } = await published();
    expect(await author.api.del(`${path}/${id}`)).toBeRefused([404, 422]);
  });
});
