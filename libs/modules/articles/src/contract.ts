import { UserId } from '@tearline/identity/contract';
import { type ClientOf, contract, query } from '@tearline/seam';
import { z } from 'zod';

/** Names an article in every module; never changes, never reused. */
export const ArticleId = z.int().positive();

/** What other modules may know of an article. */
export const ArticleSummary = z.object({
  id: ArticleId,
  slug: z.string(),
  title: z.string(),
  authorId: UserId,
});
export type ArticleSummary = z.infer<typeof ArticleSummary>;

export const ArticlesContract = contract('articles', {
  /** The article at this slug, or null when there is none (any more). */
  bySlug: query({ input: z.object({ slug: z.string() }), output: ArticleSummary.nullable() }),
});
export type Articles = ClientOf<typeof ArticlesContract>;
