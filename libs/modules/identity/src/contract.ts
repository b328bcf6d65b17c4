import { type ClientOf, contract, event, query } from '@tearline/seam';
import { z } from 'zod';

/** Identifies a user in every module; never changes and is never reused. */
export const UserId = z.int().positive();

/** The public part of a user. */
export const User = z.object({
  id: UserId,
  username: z.string(),
  bio: z.string().nullable(),
  image: z.string().nullable(),
});
export type User = z.infer<typeof User>;

export const IdentityContract = contract('identity', {
  /** Returns the users with these ids, in no particular order and without unknown ids. At most 1,000 ids. */
  usersByIds: query({ input: z.object({ ids: z.array(UserId).max(1000) }), output: z.array(User) }),
  /** Returns the e-mail addresses of these users, in no particular order and without unknown ids. At most 1,000 ids. */
  emailsByIds: query({
    input: z.object({ ids: z.array(UserId).max(1000) }),
    output: z.array(z.object({ id: UserId, email: z.string() })),
  }),
  /** Returns the user with this name, ignoring case, or null. */
  userByUsername: query({ input: z.object({ username: z.string() }), output: User.nullable() }),
});
export type Identity = ClientOf<typeof IdentityContract>;

/** Tags cached values that show the public part of a user. */
export const userTag = (id: number): string => `identity:user/${id}`;

/** Tags cached values that depend on which user has a name. */
export const nameTag = (username: string): string => `identity:name/${username.toLowerCase()}`;

/** A user changed or removed their picture. Aggregate: `user/<userId>`. */
export const ImageChanged = event('identity/image-changed', {
  payload: z.object({ userId: UserId, image: z.string().nullable() }),
});
