import { verify } from '@node-rs/argon2';
import { type EmbeddedPostgres, startEmbedded } from '@tearline/embedded';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from './captured-output.fixture.js';

const PLAN = '--users 20 --articles 60 --comments 90 --favorites 1200 --follows 380'.split(' ');

/** Fingerprints of what the seeds fill, without a password's salt and the time of the run. */
const CONTENT = `
  select (select md5(string_agg(concat(username, email, bio, image), ',' order by id)) from identity.users) as users,
         (select md5(string_agg(concat(follower_id, '-', followee_id), ',' order by follower_id, followee_id))
            from social.follows) as follows,
         (select md5(string_agg(a::text, ',' order by id)) from articles.articles a) as articles,
         (select md5(string_agg(f::text, ',' order by f::text)) from articles.favorites f) as favorites,
         (select md5(string_agg(c::text, ',' order by id)) from comments.comments c) as comments`;

const counted = (kind: string, exact: string) => `
  select count(*)::int as wrong
    from (select key, sum(n) as n from (
            select key, total as n from articles.counters where kind = '${kind}'
            union all select key, delta from articles.counter_deltas where kind = '${kind}') counted group by key) counter
    full join (${exact}) exact using (key)
   where counter.n is distinct from exact.n`;

describe('sample data', () => {
  let dir: string;
  let app: EmbeddedPostgres;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'cli-'));
    await chmod(dir, 0o755);
    app = await startEmbedded({ dir });
  });
  afterAll(async () => {
    await app.stop();
    await rm(dir, { recursive: true });
  });

  const query = async (sql: string, database = 'tearline') => {
    const client = new Client({ connectionString: urlOf(database) });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  const urlOf = (database: string) => Object.assign(new URL(app.url), { pathname: database }).href;
  const fresh = async (database: string) => {
    await query(`create database ${database}`);
    return { DATABASE_URL: urlOf(database) };
  };

  it('goes into the database of an app that runs, exactly as much as was asked for', async () => {
    const { code, printed } = await run({ TEARLINE_DIR: dir }, 'seed', ...PLAN);
    expect({ code, printed }).toEqual({ code: 0, printed: expect.stringContaining('user1@example.com') });
    const counts = [
      'identity.users',
      'articles.articles',
      'comments.comments',
      'articles.favorites',
      'social.follows',
    ];
    const [found] = await query(
      `select ${counts.map((table) => `(select count(*)::int from ${table})`).join(" || ' ' || ")} as found`,
    );
    expect(found).toEqual({ found: '20 60 90 1200 380' });
  });

  it('lets the named user log in, also after a failed registration', async () => {
    const env = await fresh('login');
    await run(env, 'migrate');
    await query("select nextval('identity.users_id_seq') from generate_series(1, 3)", 'login');
    const { printed } = await run(env, 'seed', ...PLAN);
    const [, email, password] = /Log in as (\S+) with the password '(.+)'/.exec(printed)!;
    const [user] = await query(
      `select password_hash as hash from identity.users where email = '${email}'`,
      'login',
    );
    expect(await verify(user!['hash'] as string, password!)).toBe(true);
  });

  it('keeps every count right, also when it is added to what is there', async () => {
    const env = await fresh('twice');
    for (const seed of ['1', '1'])
      expect(await run(env, 'seed', ...PLAN, '--seed', seed)).toMatchObject({ code: 0 });
    const ask = (sql: string) => query(sql, 'twice');
    expect(await ask('select count(*)::int as count from articles.articles')).toEqual([{ count: 120 }]);
    const favorites =
      'select count(*) from articles.favorites f where f.article_id = a.id and f.published_at = a.created_at';
    expect(
      await ask(
        `select count(*)::int as wrong from articles.articles a where favorites_count <> (${favorites})`,
      ),
    ).toEqual([{ wrong: 0 }]);
    const exact = {
      all: "select '' as key, count(*) as n from articles.articles",
      author: 'select author_id::text as key, count(*) as n from articles.articles group by 1',
      tag: 'select tag as key, count(*) as n from articles.articles, unnest(tag_list) tag group by 1',
    };
    for (const [kind, sql] of Object.entries(exact))
      expect(await ask(counted(kind, sql))).toEqual([{ wrong: 0 }]);
    const tagged = `select count(*)::int as wrong from
      (select id, created_at, unnest(tag_list) as tag from articles.articles) a
      full join articles.article_tags t on t.article_id = a.id and t.tag = a.tag and t.published_at = a.created_at
      where t.tag is null or a.tag is null`;
    expect(await ask(tagged)).toEqual([{ wrong: 0 }]);
  });

  it('is the same for the same number, and another one for another', async () => {
    const contentOf = async (database: string, seed: string) => {
      const some = ['--users', '20', '--articles', '60', '--favorites', '300', '--follows', '100'];
      await run(await fresh(database), 'seed', ...some, '--seed', seed);
      const [content] = await query(CONTENT, database);
      return Object.values(content!);
    };
    const one = await contentOf('one', '7');
    expect(one).toEqual(Array(5).fill(expect.stringMatching(/^\w{32}$/)));
    expect(await contentOf('same', '7')).toEqual(one);
    const other = await contentOf('other', '8');
    expect(other.filter((fingerprint) => one.includes(fingerprint))).toEqual([]);
  });

  it('may be nothing at all', async () => {
    const { code, printed } = await run(await fresh('nothing'), 'seed', '--users', '0');
    expect({ code, printed }).toEqual({ code: 0, printed: 'Done.\n' });
  });
});

describe('without a database', () => {
  it('migrates, seeds and resets an embedded one', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'cli-'));
    await chmod(dir, 0o755);
    try {
      const env = { TEARLINE_DIR: dir };
      expect(await run(env, 'migrate')).toMatchObject({
        code: 0,
        printed: expect.stringMatching(/^\d+ migrations ran/),
      });
      expect(await run(env, 'migrate')).toMatchObject({
        code: 0,
        printed: expect.stringContaining('Nothing to do'),
      });
      expect(await run(env, 'seed', '--users', '2')).toMatchObject({ code: 0 });
      expect(await run(env, 'reset')).toMatchObject({ code: 0, printed: expect.stringContaining('Removed') });
      expect(await run(env, 'migrate')).toMatchObject({
        code: 0,
        printed: expect.stringMatching(/migrations ran/),
      });
    } finally {
      await rm(dir, { recursive: true });
    }
  }, 120_000);
});
