import { UserId } from '@tearline/modules/identity/contract';
import { type ClientOf, contract, event, query } from '@tearline/seam';
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
  /** The articles with these ids, in no particular order; deleted ones are left out. At most 100 at once. */
  summariesByIds: query({
    input: z.object({ ids: z.array(ArticleId).max(100) }),
    output: z.array(ArticleSummary),
  }),
});
export type Articles = ClientOf<typeof ArticlesContract>;

/** There is a new article. Aggregate of this and all below: `article/<articleId>`. */
export const ArticlePublished = event('articles/published', {
  payload: z.object({ articleId: ArticleId, authorId: UserId, slug: z.string(), title: z.string() }),
});

/** The text of an article shows these media from now on, by their content hashes, each once; none when it is gone. */
export const ArticleMediaChanged = event('articles/media-changed', {
  payload: z.object({ articleId: ArticleId, media: z.array(z.string()) }),
});

/** An article is gone for good. */
export const ArticleDeleted = event('articles/deleted', {
  payload: z.object({ articleId: ArticleId, authorId: UserId }),
  ends: true,
});

const Favorite = z.object({ articleId: ArticleId, authorId: UserId, userId: UserId });

/** Somebody likes an article. */
export const ArticleFavorited = event('articles/favorited', { payload: Favorite });

/** Somebody does not like an article any more. */
export const ArticleUnfavorited = event('articles/unfavorited', { payload: Favorite });
