import { filterText, positiveId, text } from '@tearline/host';
import { Profile } from '@tearline/modules/social/contract';
import { z } from 'zod';

export const CreateComment = z.object({ comment: z.object({ body: text({ max: 20_000 }) }) });
export type CreateComment = z.infer<typeof CreateComment>;

export const Slug = filterText({ max: 255 });
export const CommentId = positiveId();

/** A comment of the public API. */
export const Comment = z.object({
  id: z.int(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  body: z.string(),
  author: Profile,
});
export type Comment = z.infer<typeof Comment>;

export const CommentBody = z.object({ comment: Comment });
export type CommentBody = z.infer<typeof CommentBody>;

export const CommentList = z.object({ comments: z.array(Comment) });
export type CommentList = z.infer<typeof CommentList>;
