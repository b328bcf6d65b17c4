import { cursor, filterText, optionalWholeNumber, positiveId, text } from '@tearline/host';
import { Profile } from '@tearline/modules/social/contract';
import { z } from 'zod';

export const CreateComment = z.object({ comment: z.object({ body: text({ max: 20_000 }) }) });
export type CreateComment = z.infer<typeof CreateComment>;

export const Slug = filterText({ max: 255 });
export const CommentId = positiveId();

/** Comments of a page at most. */
export const MAX_LISTED = 100;

/** With one of the parameters the response has a cursor; without both it is that of the public API. */
export const ListComments = z.object({
  limit: optionalWholeNumber({ min: 1, max: MAX_LISTED }),
  cursor: cursor(2),
});
export type ListComments = z.infer<typeof ListComments>;

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

export const CommentList = z.object({
  comments: z.array(Comment),
  /** The `cursor` of the next page, null on the last one; absent from the response of the public API. */
  nextCursor: z.string().nullable().optional(),
});
export type CommentList = z.infer<typeof CommentList>;
