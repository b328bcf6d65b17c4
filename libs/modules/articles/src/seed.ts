import type { IdRange, SeedContext, SeedFunction } from '@tearline/database';
import { SAMPLE_PICTURES } from '@tearline/modules/media/contract';
import { type Random, type SampleText, sampleText, shuffled, zipf } from './seed-text.js';
import { ArticleFavorited, ArticleMediaChanged, ArticlePublished } from './contract.js';
import { slugOf } from './slug.js';
import { ADVISORY_LOCK, BATCH_SIZE as DELTAS_BATCH, COMPACT } from './counter-compaction.js';

const ARTICLES_BATCH = 1_000;
const FAVORITES_BATCH = 10_000;
/** Sample articles are from the two years before this day, so that later articles are newer. */
const NEWEST = Date.UTC(2026, 0, 1);
const SPAN_MS = 2 * 365 * 86_400_000;
const HOUR_MS = 3_600_000;

/** A concurrent publication may take an id in between; then the caller reserves again. */
const RESERVE = `
  select min(id)::int8 as first, max(id)::int8 as last
    from (select nextval(pg_get_serial_sequence('articles', 'id')) as id from generate_series(1, $1)) reserved`;

const USED_SLUGS = 'select slug from articles where slug = any($1)';

const ARTICLES = `
  insert into articles (id, slug, title, description, body, tag_list, author_id, favorites_count, created_at, updated_at)
  select id, slug, title, description, body, "tagList", "authorId", "favoritesCount", "createdAt", "createdAt"
    from json_to_recordset($1) as a (id int8, slug text, title text, description text, body text, "tagList" text[],
                                     "authorId" int8, "favoritesCount" int, "createdAt" timestamptz)`;

const TAGS = `
  insert into article_tags (tag, published_at, article_id, author_id)
  select tag, created_at, id, author_id from articles, unnest(tag_list) tag where id between $1 and $2`;

const COUNTER_DELTAS = `
  with created as (select author_id, tag_list from articles where id between $1 and $2)
  insert into counter_deltas (kind, key, delta)
  select 'all', '', count(*) from created having count(*) > 0
  union all
  select 'author', author_id::text, count(*) from created group by author_id
  union all
  select 'tag', tag, count(*) from created, unnest(tag_list) tag group by tag`;

const FAVORITES = `
  insert into favorites (user_id, published_at, article_id)
  select f.user_id, a.created_at, a.id
    from unnest($1::int8[], $2::int8[]) as f (user_id, article_id) join articles a on a.id = f.article_id`;

/** What favorites need of an article. */
interface Published {
  readonly authorId: number;
  readonly createdAt: Date;
}

/** Seeds articles, most of them by a few users, and favorites. */
export const seed: SeedFunction = async (context) => {
  const { articles: count, favorites } = context.plan;
  if (count === 0) return { first: 1, count };
  const users = context.ranges['identity']!;
  const range = await reserve(context, count);
  const likes = popularity(context.random('popularity'), count, favorites, users.count);
  const report = (done: number) => context.progress(done, count + favorites);

  const published = await publish(context, range, users, likes, report);
  const ids = [range.first, range.first + count - 1];
  await context.query(TAGS, ids);
  await like(context, range, users, likes, published, (done) => report(count + done));
  await context.query(COUNTER_DELTAS, ids);
  await compactCounters(context);
  return range;
};

/** Compacts the counters under the lock of {@link CounterCompaction}, so that the totals are complete at once. */
async function compactCounters(context: SeedContext): Promise<void> {
  await context.query('select pg_advisory_xact_lock($1)', [ADVISORY_LOCK]);
  let compacted: number;
  do {
    const [result] = await context.query<{ deltas: number }>(COMPACT);
    compacted = result!.deltas;
  } while (compacted === DELTAS_BATCH);
}

async function reserve(context: SeedContext, count: number): Promise<IdRange> {
  for (let attempt = 1; attempt <= 10; attempt += 1) {
    const [reserved] = await context.query<{ first: number; last: number }>(RESERVE, [count]);
    const { first, last } = reserved!;
    if (last - first + 1 === count) return { first, count };
  }
  throw new Error(
    `could not reserve ${count} consecutive article ids in 10 attempts; seed while no articles are published`,
  );
}

async function publish(
  context: SeedContext,
  { first, count }: IdRange,
  users: IdRange,
  likes: readonly number[],
  report: (done: number) => void,
): Promise<Published[]> {
  const next = context.random('articles');
  const picture = illustrator(context);
  const published: Published[] = [];
  const used = new Set<string>();
  for (let done = 0; done < count; done += ARTICLES_BATCH) {
    const places = Array.from({ length: Math.min(ARTICLES_BATCH, count - done) }, (_, index) => done + index);
    const drafts = places.map((place) => ({
      id: first + place,
      ...draft(next, users),
      favoritesCount: likes[place]!,
      createdAt: new Date(NEWEST - SPAN_MS + ((place + next()) / count) * SPAN_MS),
    }));
    const slugs = drafts.map(({ title }) => slugOf(title));
    for (const { slug } of await context.query<{ slug: string }>(USED_SLUGS, [slugs])) used.add(slug);
    const rows = drafts.map((article, index) => ({
      ...article,
      slug: free(slugs[index]!, article.id, used),
    }));
    for (const row of rows) {
      const { id: articleId, authorId, slug, title, createdAt } = row;
      const hash = picture();
      if (hash) row.body = `![](${context.origin}/media/${hash}/article-960)\n\n${row.body}`;
      context.emit(ArticlePublished, { articleId, authorId, slug, title }, createdAt);
      if (hash) context.emit(ArticleMediaChanged, { articleId, media: [hash] }, createdAt);
      published.push({ authorId, createdAt });
    }
    await context.query(ARTICLES, [JSON.stringify(rows)]);
    report(done + places.length);
  }
  return published;
}

/** Returns a function that gives a picture to every third article. */
function illustrator(context: SeedContext): () => string | undefined {
  const next = context.random('pictures');
  return () => (next() < 1 / 3 ? SAMPLE_PICTURES[Math.floor(next() * SAMPLE_PICTURES.length)] : undefined);
}

function draft(next: Random, users: IdRange): SampleText & { authorId: number } {
  return { authorId: users.first + zipf(next, users.count), ...sampleText(next) };
}

function free(slug: string, id: number, used: Set<string>): string {
  const own = used.has(slug) ? `${slug}-${id}` : slug;
  used.add(own);
  return own;
}

/**
 * Returns the number of favorites of each article: `total` in all, at most `max` each. A few articles, old or new, have
 * most of them.
 */
function popularity(next: Random, count: number, total: number, max: number): number[] {
  const weights = Array.from({ length: count }, (_, rank) => (rank + 1) ** -0.7);
  let weightLeft = weights.reduce((sum, weight) => sum + weight, 0);
  let left = total;
  const likes = weights.map((weight) => {
    // Rounded up from the heaviest down, so that the remainder always fits into the remaining articles.
    const share = Math.min(max, left, Math.ceil((left * weight) / weightLeft));
    weightLeft -= weight;
    left -= share;
    return share;
  });
  return shuffled(next, likes);
}

async function like(
  context: SeedContext,
  { first }: IdRange,
  users: IdRange,
  likes: readonly number[],
  published: readonly Published[],
  report: (done: number) => void,
): Promise<void> {
  const next = context.random('favorites');
  const readers = shuffled(
    next,
    Array.from({ length: users.count }, (_, place) => users.first + place),
  );
  // Consecutive users of a shuffled ring are distinct, as the favorites of one article must be.
  const pairs = likes.flatMap((count, place) => {
    const start = Math.floor(next() * users.count);
    return Array.from({ length: count }, (_, step) => [
      readers[(start + step) % users.count]!,
      first + place,
    ]);
  });
  for (let done = 0; done < pairs.length; done += FAVORITES_BATCH) {
    const batch = pairs.slice(done, done + FAVORITES_BATCH);
    await context.query(FAVORITES, [batch.map(([user]) => user), batch.map(([, article]) => article)]);
    for (const [userId, articleId] of batch) {
      const { authorId, createdAt } = published[articleId! - first]!;
      const at = new Date(+createdAt + Math.ceil(next() * 48) * HOUR_MS);
      context.emit(ArticleFavorited, { articleId: articleId!, authorId, userId: userId! }, at);
    }
    report(done + batch.length);
  }
}
