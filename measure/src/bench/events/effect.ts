import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { sendRequest } from '../../kit/http-request.js';
import { summaryOf } from '../../kit/closed-loop.js';
import { type Samples, userIdIn } from '../../kit/samples.js';

/** Longer than a lost wake-up takes to be noticed. */
const PATIENCE_MS = 30_000;

/** Milliseconds from the answer to a favorite until its author's notification can be read. */
export interface Effect {
  readonly p50: number;
  readonly p99: number;
}

/** Favors one article after the other, and looks for the act in the notifications' own table. */
export async function effects(
  url: string,
  ownerUrl: string,
  { slugs, tokens }: Samples,
  count: number,
): Promise<Effect> {
  const client = new Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const times: number[] = [];
    for (let turn = 0; times.length < count; turn += 1) {
      const path = `/api/articles/${encodeURIComponent(slugs[turn % slugs.length]!)}/favorite`;
      const token = tokens[(turn * 7) % tokens.length];
      const [article] = await authorOf(client, slugs[turn % slugs.length]!, token!);
      if (!article) continue;
      // Nobody's favorite yet, so that there is something to tell.
      await sendRequest(url, { method: 'POST', path, token });
      const answered = performance.now();
      while (!(await isTold(client, article))) {
        if (performance.now() - answered > PATIENCE_MS) throw new Error(`${path} has had no effect`);
        await delay(1);
      }
      times.push(performance.now() - answered);
      // One after the other: this is how long it takes, not how much goes through.
      await delay(20);
    }
    const { p50, p99 } = summaryOf(times, 1, 0);
    return { p50, p99 };
  } finally {
    await client.end();
  }
}

interface Act {
  readonly articleId: string;
  readonly userId: string;
}

/** The article, when the token's user neither wrote it nor likes it yet. */
async function authorOf(client: Client, slug: string, token: string): Promise<Act[]> {
  const { rows } = await client.query<Act>(
    `select a.id as "articleId", $2::bigint as "userId" from articles.articles a
      where a.slug = $1 and a.author_id <> $2::bigint
        and not exists (select from articles.favorites f where f.article_id = a.id and f.user_id = $2::bigint)`,
    [slug, userIdIn(token)],
  );
  return rows;
}

async function isTold(client: Client, { articleId, userId }: Act): Promise<boolean> {
  const { rowCount } = await client.query(
    `select from notifications.notifications
      where kind = 'favorite' and article_id = $1 and $2::bigint = any(actors)`,
    [articleId, userId],
  );
  return rowCount! > 0;
}
