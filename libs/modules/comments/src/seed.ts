import { ArticlePublished } from '@tearline/modules/articles/contract';
import type { SeedFunction } from '@tearline/database';
import { CommentCreated } from './contract.js';
import { sampleComment } from './seed-text.js';

const BATCH_SIZE = 5_000;
/** Sample comments are from the two months after the sample articles. */
const OLDEST = Date.UTC(2026, 0, 1);
const SPAN_MS = 60 * 86_400_000;

const INSERT = `
  insert into comments (article_id, author_id, body, created_at, updated_at)
  select article_id, author_id, body, written, written
    from unnest($1::int8[], $2::int8[], $3::text[], $4::timestamptz[]) as c (article_id, author_id, body, written)
  returning id, article_id as "articleId", author_id as "authorId", created_at as "createdAt"`;

interface Comment {
  id: number;
  articleId: number;
  authorId: number;
  createdAt: Date;
}

/** Seeds comments by the seeded users on the seeded articles, most of them on the newest. */
export const seed: SeedFunction = async (context) => {
  const { ranges } = context;
  const { comments: count } = context.plan;
  if (count === 0) return undefined;
  const [users, articles] = [ranges['identity']!, ranges['articles']!];
  const next = context.random('comments');
  const newest = articles.first + articles.count - 1;

  const authors = new Map(
    context.emitted(ArticlePublished).map(({ payload }) => [payload.articleId, payload.authorId]),
  );

  for (let done = 0; done < count; done += BATCH_SIZE) {
    const places = Array.from({ length: Math.min(BATCH_SIZE, count - done) }, (_, index) => done + index);
    const comments = await context.query<Comment>(INSERT, [
      places.map(() => newest - Math.floor(next() ** 2 * articles.count)),
      places.map(() => users.first + Math.floor(next() * users.count)),
      places.map(() => sampleComment(next)),
      places.map((place) => new Date(OLDEST + ((place + next()) / count) * SPAN_MS)),
    ]);
    for (const { id, articleId, authorId, createdAt } of comments) {
      const articleAuthorId = authors.get(articleId);
      if (articleAuthorId !== undefined)
        context.emit(CommentCreated, { commentId: id, articleId, articleAuthorId, authorId }, createdAt);
    }
    context.progress(done + places.length, count);
  }
  return undefined;
};
