import { isDeepStrictEqual } from 'node:util';
import { beforeEach, expect, inject, it } from 'vitest';
import {
  articlePath,
  type ArticleBody,
  type ArticlesBody,
  favorite,
  type Person,
  profilePath,
  type ProfileBody,
  publish,
  register,
  type TagsBody,
  unique,
} from '../support/conduit.js';
import { api } from './client.js';

/** One process sees a write at once, other hosts when the invalidation arrives. */
const MAX_WAIT_MS = inject('metricsUrls').length === 1 ? 0 : 5_000;
/** So many reads store a response in the memory of each host, also right after a write. */
const WARMING_READS = 4;

let author: Person;
let slug: string;
let tag: string;
let otherTag: string;
let otherName: string;

beforeEach(async () => {
  // The list of tags ends after 1,000; among those that are used once, digits come first.
  [tag, otherTag, otherName] = [unique('0'), unique('0'), unique('name')];
  author = await register(api);
  ({ slug } = await publish(author, { description: 'one', tagList: [tag] }));
});

async function profileOf(username: string) {
  const { status, body } = await api.get<ProfileBody>(profilePath(username));
  return status === 200 ? body.profile.bio : status;
}

async function list(query: string) {
  const { body } = await api.get<ArticlesBody>(`/api/articles?${query}`);
  return body.articles.map((each) => `${each.description} ${each.favoritesCount} ${each.author.bio}`);
}

/** All that an anonymous reader sees of the author and the article. */
async function view() {
  const { status, body } = await api.get<ArticleBody>(articlePath(slug));
  const { tags } = (await api.get<TagsBody>('/api/tags')).body;
  return {
    article: status === 200 ? `${body.article.description} ${body.article.favoritesCount}` : status,
    shownAuthor: status === 200 ? body.article.author.username : status,
    shownBio: status === 200 ? body.article.author.bio : status,
    profile: await profileOf(author.username),
    otherProfile: await profileOf(otherName),
    byAuthor: await list(`author=${author.username}`),
    byTag: await list(`tag=${tag}`),
    byOtherTag: await list(`tag=${otherTag}`),
    tags: [tag, otherTag].filter((each) => tags.includes(each)),
  };
}
type View = Partial<Record<keyof Awaited<ReturnType<typeof view>>, unknown>>;

const write = (method: string, path: string, body?: unknown) => author.api.send(method, path, body);
const updateArticle = (article: object) => write('PUT', articlePath(slug), { article });
const updateUser = (user: object) => write('PUT', '/api/user', { user });

const writes: [name: string, write: () => Promise<unknown>, changes: () => View][] = [
  [
    'a publication',
    () => publish(author, { description: 'two', tagList: [tag, otherTag] }),
    () => ({
      byAuthor: ['two 0 null', 'one 0 null'],
      byTag: ['two 0 null', 'one 0 null'],
      byOtherTag: ['two 0 null'],
      tags: [tag, otherTag],
    }),
  ],
  [
    'an update of an article',
    () => updateArticle({ description: 'two' }),
    () => ({ article: 'two 0', byAuthor: ['two 0 null'], byTag: ['two 0 null'] }),
  ],
  [
    'a change of tags',
    () => updateArticle({ tagList: [otherTag] }),
    () => ({ byTag: [], byOtherTag: ['one 0 null'], tags: [otherTag] }),
  ],
  [
    "a change of an article's slug",
    () => updateArticle({ title: unique('Renamed ') }),
    () => ({ article: 404, shownAuthor: 404, shownBio: 404 }),
  ],
  [
    'a deletion',
    () => write('DELETE', articlePath(slug)),
    () => ({
      article: 404,
      shownAuthor: 404,
      shownBio: 404,
      byAuthor: [],
      byTag: [],
      tags: [],
    }),
  ],
  [
    'a favorite',
    () => favorite(author, slug),
    () => ({ article: 'one 1', byAuthor: ['one 1 null'], byTag: ['one 1 null'] }),
  ],
  [
    'a change of a user',
    () => updateUser({ bio: 'new' }),
    () => ({ shownBio: 'new', profile: 'new', byAuthor: ['one 0 new'], byTag: ['one 0 new'] }),
  ],
  [
    "a change of a user's name",
    () => updateUser({ username: otherName }),
    () => ({ shownAuthor: otherName, profile: 404, otherProfile: null, byAuthor: [] }),
  ],
  [
    'a registration',
    () => register(api, { username: otherName, email: `${otherName}@example.com` }),
    () => ({ otherProfile: null }),
  ],
];

it.each(writes)('an anonymous reader sees %s right after it', async (_, act, changes) => {
  const before = await view();
  expect(before).toMatchObject({
    article: 'one 0',
    otherProfile: 404,
    byAuthor: ['one 0 null'],
    tags: [tag],
  });
  for (let reads = 1; reads < WARMING_READS; reads += 1) await view();
  await act();
  const expected = { ...before, ...changes() };
  const giveUpAt = performance.now() + MAX_WAIT_MS;
  let after = await view();
  while (!isDeepStrictEqual(after, expected) && performance.now() < giveUpAt) after = await view();
  expect(after).toEqual(expected);
});
