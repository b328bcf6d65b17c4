import { afterAll, beforeAll, expect, it } from 'vitest';
import { Api } from '../support/api-client.js';
import {
  articlePath,
  type ArticlesBody,
  comment,
  type CommentsBody,
  follow,
  type Person,
  publish,
  register,
} from '../support/conduit.js';
import { TestPostgres, query } from '../support/postgres.js';
import { type RunningApp, startApp } from '../support/running-app.js';

const postgres = new TestPostgres();
let app: RunningApp;
let ownerUrl: string;
let author: Person;

beforeAll(async () => {
  await postgres.start();
  ({ ownerUrl } = await postgres.newDatabase());
  app = await startApp({ env: { DATABASE_URL: ownerUrl } });
  author = await register(new Api(app.url));
});
afterAll(async () => {
  await app.stop();
  await postgres.stop();
});

/** Moves what is there an hour ahead: from now on the server's clock is behind it, as after a jump back. */
async function setClockBack(): Promise<void> {
  for (const table of ['articles.articles', 'comments.comments'])
    await query(
      ownerUrl,
      `update ${table} set created_at = created_at + interval '1 hour', updated_at = updated_at + interval '1 hour'`,
    );
  await query(ownerUrl, `update articles.article_tags set published_at = published_at + interval '1 hour'`);
}

it('new articles and comments are listed first after the clock went back', async () => {
  const reader = await register(new Api(app.url));
  await follow(reader, author);
  const first = await publish(author, { tagList: ['clock'] });
  const comments = [await comment(author, first.slug)];
  await setClockBack();
  const articles = [first];
  for (let index = 0; index < 3; index += 1) {
    articles.unshift(await publish(author, { tagList: ['clock'] }));
    comments.unshift(await comment(author, first.slug));
  }

  const slugs = articles.map(({ slug }) => slug);
  const listed = async (path: string) =>
    (await reader.api.get<ArticlesBody>(path)).body.articles.map(({ slug }) => slug);
  expect(await listed(`/api/articles?author=${author.username}`)).toEqual(slugs);
  expect(await listed('/api/articles?tag=clock')).toEqual(slugs);
  expect(await listed('/api/articles/feed')).toEqual(slugs);
  expect(
    (await listed('/api/articles?limit=2')).concat(await listed('/api/articles?limit=2&offset=2')),
  ).toEqual(slugs);

  const path = `${articlePath(first.slug)}/comments`;
  const ids = comments.map(({ id }) => id);
  const { body } = await reader.api.get<CommentsBody>(path);
  expect(body.comments.map(({ id }) => id)).toEqual(ids);
  const page = (await reader.api.get<CommentsBody & { nextCursor: string }>(`${path}?limit=2`)).body;
  const rest = (await reader.api.get<CommentsBody>(`${path}?limit=2&cursor=${page.nextCursor}`)).body;
  expect([...page.comments, ...rest.comments].map(({ id }) => id)).toEqual(ids);

  const [newest] = articles;
  const updated = await author.api.put<{ article: { createdAt: string; updatedAt: string } }>(
    articlePath(newest!.slug),
    { article: { body: 'Changed.' } },
  );
  const { createdAt, updatedAt } = updated.body.article;
  expect(Date.parse(updatedAt)).toBeGreaterThanOrEqual(Date.parse(createdAt));
});
