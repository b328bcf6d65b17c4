import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import { withOwner } from '../../kit/database.js';
import { sendRequest } from '../../kit/http-request.js';
import { type Samples, userIdIn } from '../../kit/samples.js';
import { quantiles } from '../../kit/statistics.js';

/** Longer than a lost notification delays an event. */
const TIMEOUT_MS = 30_000;

/** Milliseconds from the response to a favorite until its author's notification can be read. */
export interface Delivery {
  readonly p50: number;
  readonly p99: number;
}

/** Favors one article after the other, and polls the table of notifications. */
export const measureDelivery = (
  url: string,
  ownerUrl: string,
  { slugs, tokens }: Samples,
  count: number,
): Promise<Delivery> =>
  withOwner(ownerUrl, async (client) => {
    const latencies: number[] = [];
    for (let turn = 0; latencies.length < count; turn += 1) {
      const slug = slugs[turn % slugs.length]!;
      const token = tokens[(turn * 7) % tokens.length]!;
      const favorite = await newFavorite(client, slug, userIdIn(token));
      if (!favorite) continue;
      const path = `/api/articles/${encodeURIComponent(slug)}/favorite`;
      await sendRequest(url, { method: 'POST', path, token });
      const answered = performance.now();
      while (!(await isNotified(client, favorite))) {
        if (performance.now() - answered > TIMEOUT_MS)
          throw new Error(`POST ${path}: no notification within ${TIMEOUT_MS / 1000} s`);
        await delay(1);
      }
      latencies.push(performance.now() - answered);
      // One event at a time: this measures latency, not throughput.
      await delay(20);
    }
    const [p50, p99] = quantiles(latencies, [0.5, 0.99]) as [number, number];
    return { p50, p99 };
  });

interface Favorite {
  readonly articleId: string;
  readonly userId: string;
}

/** Returns the favorite, unless the user wrote the article or has favored it already: no notification follows then. */
async function newFavorite(client: Client, slug: string, userId: string): Promise<Favorite | undefined> {
  const { rows } = await client.query<Favorite>(
    `select a.id as "articleId", $2::bigint as "userId" from articles.articles a
      where a.slug = $1 and a.author_id <> $2::bigint
        and not exists (select from articles.favorites f where f.article_id = a.id and f.user_id = $2::bigint)`,
    [slug, userId],
  );
  return rows[0];
}

async function isNotified(client: Client, { articleId, userId }: Favorite): Promise<boolean> {
  const { rowCount } = await client.query(
    `select from notifications.notifications
      where kind = 'favorite' and article_id = $1 and $2::bigint = any(actors)`,
    [articleId, userId],
  );
  return rowCount! > 0;
}
