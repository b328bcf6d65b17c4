import { ArticleId } from '@tearline/modules/articles/contract';
import { UserId } from '@tearline/modules/identity/contract';
import { event } from '@tearline/seam';
import { z } from 'zod';

const Comment = z.object({
  commentId: z.int().positive(),
  articleId: ArticleId,
  articleAuthorId: UserId,
  authorId: UserId,
});

/** A user commented on an article. Aggregate: `article/<articleId>`. */
export const CommentCreated = event('comments/created', { payload: Comment });

/** A comment was deleted by its author. Aggregate: `article/<articleId>`. */
export const CommentDeleted = event('comments/deleted', { payload: Comment });
