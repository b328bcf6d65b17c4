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

/** For queries that pages wait for, and go on without: longer than the four seconds after which a database that hangs counts as lost. */
const timeout = 5_000;

export const ArticlesContract = contract('articles', {
  /** Returns the article at this slug, or null. */
  bySlug: query({
    input: z.object({ slug: z.string() }),
    output: ArticleSummary.nullable(),
    timeout,
    // Comments are deleted a minute after their article, with those that were created on a cached answer in between.
    keep: { for: 30_000, staleIfError: 15_000, tags: ({ slug }) => [slugTag(slug)] },
  }),
  /** Returns the articles with these ids, in no particular order and without deleted ones; without an answer, none. At most 100. */
  summariesByIds: query({
    input: z.object({ ids: z.array(ArticleId).max(100) }),
    output: z.array(ArticleSummary),
    timeout,
    keep: {
      for: 5 * 60_000,
      staleIfError: 60 * 60_000,
      each: { of: 'ids', by: 'id' },
      tags: (_ids, articles = []) => articles.map(({ slug }) => slugTag(slug)),
    },
    fallback: () => [],
  }),
});
export type Articles = ClientOf<typeof ArticlesContract>;

/** Tags cached values that show, or need, the article at a slug. */
export const slugTag = (slug: string) => `articles:slug/${slug}`;

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
