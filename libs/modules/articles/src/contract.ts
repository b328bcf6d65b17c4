import { UserId } from '@tearline/modules/identity/contract';
import { type ClientOf, contract, event, query } from '@tearline/seam';
import { z } from 'zod';

/** Identifies an article in every module; never changes and is never reused. */
export const ArticleId = z.int().positive();

/** The part of an article that other modules see. */
export const ArticleSummary = z.object({
  id: ArticleId,
  slug: z.string(),
  title: z.string(),
  authorId: UserId,
});
export type ArticleSummary = z.infer<typeof ArticleSummary>;

export const ArticlesContract = contract('articles', {
  /** Returns the article at this slug, or null. */
  bySlug: query({ input: z.object({ slug: z.string() }), output: ArticleSummary.nullable() }),
  /** Returns the articles with these ids, in no particular order and without deleted ones. At most 100 ids. */
  summariesByIds: query({
    input: z.object({ ids: z.array(ArticleId).max(100) }),
    output: z.array(ArticleSummary),
  }),
});
export type Articles = ClientOf<typeof ArticlesContract>;

/** An article was published. The aggregate of this and all events below is `article/<articleId>`. */
export const ArticlePublished = event('articles/published', {
  payload: z.object({ articleId: ArticleId, authorId: UserId, slug: z.string(), title: z.string() }),
});

/** The set of media that an article links to has changed; `media` has their distinct content hashes. */
export const ArticleMediaChanged = event('articles/media-changed', {
  payload: z.object({ articleId: ArticleId, media: z.array(z.string()) }),
});

/** An article was deleted. It is the aggregate's last event. */
export const ArticleDeleted = event('articles/deleted', {
  payload: z.object({ articleId: ArticleId, authorId: UserId }),
  ends: true,
});

const Favorite = z.object({ articleId: ArticleId, authorId: UserId, userId: UserId });

/** A user favorited an article. */
export const ArticleFavorited = event('articles/favorited', { payload: Favorite });

/** A user removed their favorite of an article. */
export const ArticleUnfavorited = event('articles/unfavorited', { payload: Favorite });
