import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { sendRequest } from '../../kit/http-request.js';
import type { HttpRequest } from '../../kit/endpoints.js';
import type { LoadResult } from '../../kit/closed-loop.js';
import { pace } from '../split/pace.js';

const READS_PER_SECOND = 40;
const IDLE_SECONDS = 10;
const LONGEST_SECONDS = 600;
const LIST: HttpRequest[] = [{ method: 'GET', path: '/api/articles?limit=20' }];

/** How an article reached many, and how others were served meanwhile. */
export interface FanOut {
  readonly followers: number;
  readonly seconds: number;
  /** Rows of the followers' inboxes a second. */
  readonly perSecond: number;
  /** Reads of the article list before, and during. */
  readonly idle: LoadResult;
  readonly meanwhile: LoadResult;
}

/** Gives an author many followers, has them publish, and waits until everybody is told. */
export async function fanOut(
  url: string,
  ownerUrl: string,
  { author, token, followers }: { author: string; token: string; followers: number },
): Promise<FanOut> {
  const client = new Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await gather(client, author, followers);
    const count = await countOf(client, author);
    const idle = await pace(url, LIST, READS_PER_SECOND, IDLE_SECONDS);

    const article = {
      title: 'To all of you',
      description: 'One of many.',
      body: 'It concerns everybody.',
      tagList: [],
    };
    const reading = new AbortController();
    const meanwhile = pace(url, LIST, READS_PER_SECOND, LONGEST_SECONDS, reading.signal);
    const started = performance.now();
    await sendRequest(url, {
      method: 'POST',
      path: '/api/articles',
      token,
      body: JSON.stringify({ article }),
    });
    const target = count.told + count.followers;
    for (let told = count.told; told < target; told = (await countOf(client, author)).told) {
      if (performance.now() - started > 600_000)
        throw new Error(`after 10 minutes ${told} of ${target} are told`);
      await delay(250);
    }
    const seconds = (performance.now() - started) / 1000;
    reading.abort();
    return {
      followers: count.followers,
      seconds,
      perSecond: count.followers / seconds,
      idle,
      meanwhile: await meanwhile,
    };
  } finally {
    await scatter(client, author);
    await client.end();
  }
}

async function gather(client: Client, author: string, followers: number): Promise<void> {
  await client.query(
    `insert into identity.users (username, email, password_hash)
       select 'follower ' || n, 'follower' || n || '@example.com', 'none' from generate_series(1, $1::int) n
       on conflict do nothing`,
    [followers],
  );
  await client.query(
    `insert into social.follows (follower_id, followee_id)
       select id, $1::bigint from identity.users where username like 'follower %' and id <> $1::bigint
       on conflict do nothing`,
    [author],
  );
  await client.query('vacuum analyze identity.users, social.follows');
}

/** Whatever is measured next finds an author like others. */
async function scatter(client: Client, author: string): Promise<void> {
  await client.query('delete from social.follows where followee_id = $1::bigint', [author]);
  await client.query(
    "delete from notifications.notifications where kind = 'publish' and actors = array[$1::bigint]",
    [author],
  );
  await client.query('vacuum analyze social.follows, notifications.notifications');
}

async function countOf(client: Client, author: string): Promise<{ followers: number; told: number }> {
  const { rows } = await client.query<{ followers: string; told: string }>(
    `select (select count(*) from social.follows where followee_id = $1::bigint) as followers,
       (select count(*) from notifications.notifications where kind = 'publish' and actors = array[$1::bigint]) as told`,
    [author],
  );
  return { followers: Number(rows[0]!.followers), told: Number(rows[0]!.told) };
}
