import { ArticleId } from '@tearline/modules/articles/contract';
import { UserId } from '@tearline/modules/identity/contract';
import { type ClientOf, command, contract, event } from '@tearline/seam';
import { z } from 'zod';

export const CommentsContract = contract('comments', {
  /** Deletes the comments of deleted articles. May be repeated: what is gone stays gone. */
  purge: command({
    input: z.object({ articleIds: z.array(ArticleId).max(1000) }),
    output: z.object({ purged: z.int().nonnegative() }),
  }),
});
export type Comments = ClientOf<typeof CommentsContract>;

const Comment = z.object({
  commentId: z.int().positive(),
  articleId: ArticleId,
  articleAuthorId: UserId,
  authorId: UserId,
});

/** Somebody commented on an article. Aggregate: `article/<articleId>`. */
export const CommentCreated = event('comments/created', { payload: Comment });

/** Its author took a comment back. Aggregate: `article/<articleId>`. */
export const CommentDeleted = event('comments/deleted', { payload: Comment });
