import { sessionUrl } from '@tearline/database';
import type { EmbeddedPostgres } from '@tearline/embedded';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { Api } from '../support/api-client.js';
import { type ArticlesBody, comment, favorite, follow, publish, register } from '../support/conduit.js';
import { notificationsOf } from '../support/notifications.js';
import { query, startPostgres } from '../support/postgres.js';
import { startApp } from '../support/running-app.js';

/** Defaults that a server, a database or a role may have. Each set is tried alone with `SERVER_DEFAULTS=each`. */
const SETS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  dates: { datestyle: 'German', intervalstyle: 'sql_standard', timezone: 'Asia/Kolkata' },
  isolation: { default_transaction_isolation: 'serializable', default_transaction_deferrable: 'on' },
  'statement timeouts': { statement_timeout: '1', lock_timeout: '1' },
  'idle timeouts': { idle_in_transaction_session_timeout: '1', idle_session_timeout: '100' },
  encoding: { client_encoding: 'LATIN1' },
  bytes: { bytea_output: 'escape', extra_float_digits: '-15' },
  strings: { standard_conforming_strings: 'off', backslash_quote: 'off', array_nulls: 'off' },
  search: { search_path: 'nowhere', row_security: 'off' },
  durability: { synchronous_commit: 'off', commit_delay: '10' },
  syntax: { transform_null_equals: 'on', quote_all_identifiers: 'on', xmloption: 'document' },
  notices: { client_min_messages: 'debug5', debug_pretty_print: 'off' },
  planner: {
    plan_cache_mode: 'force_generic_plan',
    enable_indexscan: 'off',
    enable_seqscan: 'off',
    jit: 'on',
    jit_above_cost: '0',
  },
};
const tried: readonly (readonly [string, Readonly<Record<string, string>>])[] =
  process.env['SERVER_DEFAULTS'] === 'each'
    ? Object.entries(SETS)
    : [['all at once', Object.assign({}, ...Object.values(SETS)) as Record<string, string>]];

let database: EmbeddedPostgres;

beforeAll(async () => {
  database = await startPostgres();
});

afterAll(() => database.stop());

const asSuperuser = (sql: string) => query(sessionUrl(database.server.superuserUrl), sql);

/** Sets the defaults of the database, and of every role in it, which precede those of the database. */
async function setDefaults(defaults: Readonly<Record<string, string>>): Promise<void> {
  for (const scope of ['database tearline', 'role all']) {
    await asSuperuser(`alter ${scope} reset all`);
    for (const [name, value] of Object.entries(defaults))
      await asSuperuser(`alter ${scope} set ${name} = '${value}'`);
  }
}

it.each(tried)('migrates, starts and serves whatever the defaults are: %s', async (_, defaults) => {
  await setDefaults(defaults);
  const app = await startApp({ env: { DATABASE_URL: database.url, REGISTRATIONS_PER_MINUTE: '1000' } });
  onTestFinished(async () => void (await app.stop()));
  const api = new Api(app.url);

  const [author, reader] = [await register(api), await register(api)];
  await follow(reader, author);
  const body = 'naïve – 10 € \\ \' "';
  const before = Date.now();
  const { slug, createdAt } = await publish(author, { body, tagList: ['null', 'one'] });
  expect(Math.abs(Date.parse(createdAt) - before)).toBeLessThan(60_000);
  await comment(reader, slug, body);
  await Promise.all(Array.from({ length: 8 }, () => favorite(reader, slug)));

  const { body: read } = await api.get<{ article: object }>(`/api/articles/${slug}`);
  expect(read.article).toMatchObject({ body, createdAt, tagList: ['null', 'one'], favoritesCount: 1 });
  const { body: list } = await api.get<ArticlesBody>(`/api/articles?author=${author.username}`);
  expect(list.articles.map((article) => article.slug)).toEqual([slug]);
  const kinds = async () => (await notificationsOf(author)).notifications.map(({ kind }) => kind).toSorted();
  await expect.poll(kinds).toEqual(['comment', 'favorite', 'follow']);
  await expect
    .poll(async () => (await notificationsOf(reader)).notifications.map(({ kind }) => kind))
    .toEqual(['publish']);
  expect(app.logs().filter((line) => line.includes('"level":50'))).toEqual([]);
});
