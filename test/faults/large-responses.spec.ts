import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Api, type Reply } from '../support/api-client.js';
import { atOnce } from '../support/at-once.js';
import {
  articlePath,
  type CommentsBody,
  profilePath,
  publish,
  register,
  type Person,
} from '../support/conduit.js';
import { type TestDatabase, TestServer } from '../support/database.js';
import { type RunningApp, startApp } from '../support/running-app.js';

const COMMENTS = 200;
/** Each takes two bytes in memory and three on the wire. */
const BODY = '용'.repeat(20_000);
/** What compose gives a host: 60 % of 512 MB. */
const HEAP_MIB = 307;

const server = new TestServer();
let database: TestDatabase;
let app: RunningApp;
let author: Person;
let path: string;

beforeAll(async () => {
  await server.start();
  database = await server.newDatabase();
  app = await startApp({
    env: {
      DATABASE_URL: database.ownerUrl,
      NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}`,
      SEAM_CHECKED: 'off',
    },
  });
  author = await register(new Api(app.url));
  const { slug } = await publish(author);
  path = `${articlePath(slug)}/comments`;
  await author.api.post(path, { comment: { body: BODY } });
  const owner = new pg.Client({ connectionString: database.ownerUrl });
  await owner.connect();
  await owner.query(
    `insert into comments.comments (article_id, author_id, body)
     select article_id, author_id, body from comments.comments, generate_series(2, ${COMMENTS})`,
  );
  await owner.query(`
    insert into social.follows (follower_id, followee_id)
    select author_id, 1000000 + n from (select author_id from comments.comments limit 1), generate_series(1, 10000) n`);
  await owner.end();
});

afterAll(async () => {
  await app.stop();
  await server.stop();
});

it('sends pages of large comments, each comment once and the newest first', async () => {
  const ids: number[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const query: string = `limit=50${cursor && `&cursor=${cursor}`}`;
    const { body, text }: Reply<CommentsBody & { nextCursor: string | null }> = await author.api.get(
      `${path}?${query}`,
    );
    expect(text.length).toBeLessThan(1_200_000);
    ids.push(...body.comments.map(({ id }) => id));
    cursor = body.nextCursor;
  }
  expect(ids).toHaveLength(COMMENTS);
  expect(ids).toEqual(ids.toSorted((one, other) => other - one));
  expect(new Set(ids).size).toBe(COMMENTS);
});

it('answers 40 clients of large comments at once', async () => {
  const replies = await atOnce(40, 40, () => new Api(app.url).get<CommentsBody>(path));
  const statuses = new Set(replies.map(({ status }) => status));
  expect(statuses.isSubsetOf(new Set([200, 503]))).toBe(true);
  expect(statuses).toContain(200);
});

it('a user follows 10,000 others at most, so that a feed stays small', async () => {
  const other = await register(new Api(app.url));
  const reply = await author.api.post(`${profilePath(other.username)}/follow`);
  expect([reply.status, reply.body]).toEqual([422, { errors: { profile: ['exceeds what you may follow'] } }]);
});
