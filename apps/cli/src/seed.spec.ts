import { verify } from '@node-rs/argon2';
import { type EmbeddedPostgres, startEmbedded } from '@tearline/embedded';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
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
         (select md5(string_agg(concat(user_id, kind, article_id, actors, created_at), ',' order by user_id, id))
            from notifications.notifications) as notifications,
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

describe('sample data', { timeout: 120_000 }, () => {
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
    return { DATABASE_URL: urlOf(database), TEARLINE_DIR: dir };
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
    expect(one).toEqual(Array(6).fill(expect.stringMatching(/^\w{32}$/)));
    expect(await contentOf('same', '7')).toEqual(one);
    const other = await contentOf('other', '8');
    expect(other.filter((fingerprint) => one.includes(fingerprint))).toEqual([]);
  });

  it('fills inboxes with what happened, and links pictures that exist', async () => {
    const env = await fresh('inboxes');
    await run(env, 'seed', ...PLAN, '--origin', 'http://127.0.0.1:4000');
    await run(env, 'seed', ...PLAN);
    const ask = async (sql: string) => (await query(sql, 'inboxes'))[0];
    expect(
      await ask(`select count(distinct kind)::int as kinds, count(distinct user_id)::int as users,
        bool_or(read_at is null) and bool_or(read_at is not null) as mixed from notifications.notifications`),
    ).toEqual({ kinds: 4, users: 40, mixed: true });
    const wrong = `select count(*)::int as wrong from`;
    const notifications = 'notifications.notifications n';
    for (const sql of [
      `${wrong} ${notifications} join articles.articles a on a.id = n.article_id
         where a.author_id <> case n.kind when 'publish' then n.actors[1] else n.user_id end`,
      `${wrong} ${notifications} where kind = 'follow' and not exists
         (select from social.follows where followee_id = n.user_id and follower_id = n.actors[1])`,
      `${wrong} ${notifications} where kind = 'favorite' and not exists
         (select from articles.favorites where article_id = n.article_id and user_id = n.actors[1])`,
      `${wrong} notifications.activities a join ${notifications} on n.user_id = a.user_id and n.id = a.notification_id
         where n.kind = 'comment' and not exists (select from comments.comments where id = a.subject and author_id = a.actor_id)`,
      `${wrong} ${notifications} where actor_count <> case kind when 'publish' then 1 else (select count(distinct actor_id)
         from notifications.activities where user_id = n.user_id and notification_id = n.id) end`,
      `${wrong} notifications.inboxes i where (unread, last) is distinct from (select ((count(*) filter (where read_at is null))::int,
         max(id)) from notifications.notifications where user_id = i.user_id)`,
      `${wrong} identity.users where image !~ '^http://127.0.0.1:[34]000/media/[0-9a-f]{64}/avatar-256$'`,
      `${wrong} media.files f where status <> 'ready' or unused_since is not null or not exists
         (select from media.refs where hash = f.hash)`,
    ])
      expect({ sql, ...(await ask(sql)) }).toEqual({ sql, wrong: 0 });
    const [picture] = await query('select hash, generation from media.files limit 1', 'inboxes');
    const { hash, generation } = picture as { hash: string; generation: string };
    const file = join(dir, 'media', hash.slice(0, 2), hash.slice(2, 4), `${hash}.${generation}.avatar-256`);
    expect((await readFile(file)).subarray(8, 12).toString()).toBe('WEBP');
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
