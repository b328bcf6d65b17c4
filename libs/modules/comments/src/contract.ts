import { ArticleId } from '@tearline/articles/contract';
import { type ClientOf, command, contract } from '@tearline/seam';
import { z } from 'zod';

export const CommentsContract = contract('comments', {
  /** Deletes the comments of deleted articles. May be repeated: what is gone stays gone. */
  purge: command({
    input: z.object({ articleIds: z.array(ArticleId).max(1000) }),
    output: z.object({ purged: z.int().nonnegative() }),
  }),
});
export type Comments = ClientOf<typeof CommentsContract>;
