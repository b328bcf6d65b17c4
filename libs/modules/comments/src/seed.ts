import type { SeedFunction } from '@tearline/database';
import { sampleComment } from './seed-text.js';

const BATCH_SIZE = 5_000;
/** Sample comments are from the two months after the sample articles. */
const OLDEST = Date.UTC(2026, 0, 1);
const SPAN_MS = 60 * 86_400_000;

const INSERT = `
  insert into comments (article_id, author_id, body, created_at, updated_at)
  select article_id, author_id, body, written, written
    from unnest($1::int8[], $2::int8[], $3::text[], $4::timestamptz[]) as c (article_id, author_id, body, written)`;

/** Seeds comments by the seeded users on the seeded articles, most of them on the newest. */
export const seed: SeedFunction = async (context) => {
  const { ranges } = context;
  const { comments: count } = context.plan;
  if (count === 0) return undefined;
  const [users, articles] = [ranges['identity']!, ranges['articles']!];
  const next = context.random('comments');
  const newest = articles.first + articles.count - 1;

  for (let done = 0; done < count; done += BATCH_SIZE) {
    const places = Array.from({ length: Math.min(BATCH_SIZE, count - done) }, (_, index) => done + index);
    await context.query(INSERT, [
      places.map(() => newest - Math.floor(next() ** 2 * articles.count)),
      places.map(() => users.first + Math.floor(next() * users.count)),
      places.map(() => sampleComment(next)),
      places.map((place) => new Date(OLDEST + ((place + next()) / count) * SPAN_MS)),
    ]);
    context.progress(done + places.length, count);
  }
  return undefined;
};
