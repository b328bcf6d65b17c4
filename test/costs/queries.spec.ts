import { generateSigningKey, publicKeysOf } from '@tearline/auth';
import { databaseUrlVariable } from '@tearline/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Api, type Reply } from '../support/api-client.js';
import {
  articlePath,
  comment,
  favorite,
  follow,
  type Person,
  profilePath,
  publish,
  register,
  unique,
} from '../support/conduit.js';
import { TestServer } from '../support/database.js';
import { type RunningApp, startApp } from '../support/running-app.js';

const AUTHORS = 12;

const server = new TestServer();
let app: RunningApp;
let viewer: Person;
let authors: Person[];
let slug: string;
const tag = unique('tag');

beforeAll(async () => {
  await server.start();
  const database = await server.newDatabase();
  await database.migrate();
  await database.migrateQueues();
  const key = await generateSigningKey();
  const urls = Object.entries(database.urls);
  app = await startApp({
    entry: 'dist/apps/service/src/main.js',
    env: {
      // Checked mode makes every query twice.
      SEAM_CHECKED: 'off',
      HOST_MODULES: urls.map(([module]) => module).join(','),
      // Event handlers send statements of their own, at any time.
      HOST_ROLES: 'http,rpc',
      ...Object.fromEntries(urls.map(([module, url]) => [databaseUrlVariable(module), url])),
      QUEUES_DATABASE_URL: database.queuesUrl,
      IDENTITY_SIGNING_KEY: JSON.stringify(key),
      AUTH_JWKS: JSON.stringify(publicKeysOf(key)),
      REGISTRATIONS_PER_MINUTE: '1000',
    },
  });
  const api = new Api(app.url);
  viewer = await register(api);
  authors = await Promise.all(Array.from({ length: AUTHORS }, () => register(api)));
  for (const author of [...authors, ...authors, ...authors]) {
    ({ slug } = await publish(author, { tagList: [tag] }));
    await favorite(viewer, slug);
  }
  for (const author of authors) {
    await follow(viewer, author);
    await comment(author, slug);
  }
}, 120_000);

afterAll(async () => {
  await app.stop();
  await server.stop();
});

async function statementsSoFar(): Promise<number> {
  const { text } = await new Api(app.url).get('/metrics');
  const counts = [...text.matchAll(/^database_queries_total\{.*work="call"\} (\d+)$/gm)].map(([, count]) =>
    Number(count),
  );
  expect(counts).toHaveLength(6);
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Statements that a request costs: the least of several tries, since background work counts as well. */
async function statementsOf(
  path: string,
  api: Api = viewer.api,
  send = (client: Api, to: string): Promise<Reply> => client.get(to),
  status = 200,
): Promise<number> {
  const tries: number[] = [];
  for (let index = 0; index < 5; index += 1) {
    const before = await statementsSoFar();
    expect((await send(api, path)).status).toBe(status);
    tries.push((await statementsSoFar()) - before);
  }
  return Math.min(...tries);
}

describe('a list costs the same number of statements, however long it is:', () => {
  it.each([
    ['every article', () => '/api/articles?', 3],
    ['by tag', () => `/api/articles?tag=${tag}&`, 3],
    ['by author', () => `/api/articles?author=${authors[0]!.username}&`, 3],
    ['favorited', () => `/api/articles?favorited=${viewer.username}&`, 4],
    ['the feed', () => '/api/articles/feed?', 3],
  ])('%s', async (_, path, statements) => {
    expect([await statementsOf(`${path()}limit=1`), await statementsOf(`${path()}limit=30`)]).toEqual([
      statements,
      statements,
    ]);
  });

  it('comments', async () => {
    const quiet = (await publish(authors[0]!)).slug;
    await comment(authors[0]!, quiet);
    expect([
      await statementsOf(`${articlePath(quiet)}/comments`),
      await statementsOf(`${articlePath(slug)}/comments`),
    ]).toEqual([4, 4]);
  });
});

it('an anonymous reader costs less, without a look-up of follows', async () => {
  const anonymous = new Api(app.url);
  expect(await statementsOf('/api/articles?limit=30', anonymous)).toBe(2);
  expect(await statementsOf(articlePath(slug), anonymous)).toBe(2);
  expect(await statementsOf(`${articlePath(slug)}/comments`, anonymous)).toBe(3);
  expect(await statementsOf(profilePath(viewer.username), anonymous)).toBe(1);
  expect(await statementsOf('/api/tags', anonymous)).toBe(1);
});

it('a write costs its transaction and one look at the author', async () => {
  const author = authors[0]!;
  // Each try has a title of its own, since a slug that is taken costs another statement.
  const postArticle = (api: Api, path: string) =>
    api.post(path, {
      article: { title: unique('Costs '), description: 'd', body: 'b', tagList: [tag, 'costs'] },
    });
  // The article with its tags, counts and event in one statement; author.
  expect(await statementsOf('/api/articles', author.api, postArticle, 201)).toBe(2);
  // One statement is its own transaction, its event included; author, and
  // whether the viewer follows them.
  expect(await statementsOf(`${articlePath(slug)}/favorite`, viewer.api, (api, path) => api.post(path))).toBe(
    3,
  );
});
