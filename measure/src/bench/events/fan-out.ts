import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import type { LoadResult } from '../../kit/closed-loop.js';
import { withOwner } from '../../kit/database.js';
import { get, sendRequest } from '../../kit/http-request.js';
import { loadAtRate } from '../../kit/open-loop.js';

const READS_PER_SECOND = 40;
const IDLE_SECONDS = 10;
const TIMEOUT_SECONDS = 600;
const LIST = [get('/api/articles?limit=20')];
const ARTICLE = {
  title: 'To all followers',
  description: 'One of many.',
  body: 'It concerns all.',
  tagList: [],
};

/** How fast an article reached its author's followers, and how reads were served meanwhile. */
export interface FanOut {
  readonly followers: number;
  readonly seconds: number;
  /** Rows of the followers' notifications a second. */
  readonly perSecond: number;
  /** Reads of the article list before, and during. */
  readonly idle: LoadResult;
  readonly meanwhile: LoadResult;
}

export interface Author {
  readonly id: string;
  readonly token: string;
  readonly followers: number;
}

/** Gives an author many followers, publishes an article, and waits until all of them are notified. */
export const measureFanOut = (url: string, ownerUrl: string, author: Author): Promise<FanOut> =>
  withOwner(ownerUrl, async (client) => {
    await addFollowers(client, author);
    const { followers, notified } = await countsOf(client, author);
    const idle = await loadAtRate(url, LIST, { perSecond: READS_PER_SECOND, seconds: IDLE_SECONDS });

    const reading = new AbortController();
    const load = { perSecond: READS_PER_SECOND, seconds: TIMEOUT_SECONDS, signal: reading.signal };
    const meanwhile = loadAtRate(url, LIST, load);
    const started = performance.now();
    const body = JSON.stringify({ article: ARTICLE });
    await sendRequest(url, { method: 'POST', path: '/api/articles', token: author.token, body });
    const expected = notified + followers;
    for (let found = notified; found < expected; { notified: found } = await countsOf(client, author)) {
      if (performance.now() - started > TIMEOUT_SECONDS * 1000)
        throw new Error(`expected ${expected} notifications after ${TIMEOUT_SECONDS} s, got ${found}`);
      await delay(250);
    }
    const seconds = (performance.now() - started) / 1000;
    reading.abort();
    await removeFollowers(client, author);
    return { followers, seconds, perSecond: followers / seconds, idle, meanwhile: await meanwhile };
  });

async function addFollowers(client: Client, { id, followers }: Author): Promise<void> {
  await client.query(
    `insert into identity.users (username, canonical_username, email, canonical_email, password_hash)
       select name, name, address, address, 'none'
         from generate_series(1, $1::int) n, format('follower %s', n) name, format('follower%s@example.com', n) address
       on conflict do nothing`,
    [followers],
  );
  await client.query(
    `insert into social.follows (follower_id, followee_id)
       select id, $1::bigint from identity.users where username like 'follower %' and id <> $1::bigint
       on conflict do nothing`,
    [id],
  );
  await client.query('vacuum analyze identity.users, social.follows');
}

async function removeFollowers(client: Client, { id }: Author): Promise<void> {
  await client.query('delete from social.follows where followee_id = $1::bigint', [id]);
  await client.query(
    "delete from notifications.notifications where kind = 'publish' and actors = array[$1::bigint]",
    [id],
  );
  await client.query('vacuum analyze social.follows, notifications.notifications');
}

async function countsOf(client: Client, { id }: Author): Promise<{ followers: number; notified: number }> {
  const { rows } = await client.query<{ followers: number; notified: number }>(
    `select (select count(*)::int from social.follows where followee_id = $1::bigint) as followers,
       (select count(*)::int from notifications.notifications
         where kind = 'publish' and actors = array[$1::bigint]) as notified`,
    [id],
  );
  return rows[0]!;
}
