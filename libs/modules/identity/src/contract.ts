import { type ClientOf, contract, event, query } from '@tearline/seam';
import { z } from 'zod';

/** Names a user in every module; never changes, never reused. */
export const UserId = z.int().positive();

/** What anybody may see of a user. */
export const User = z.object({
  id: UserId,
  username: z.string(),
  bio: z.string().nullable(),
  image: z.string().nullable(),
});
export type User = z.infer<typeof User>;

export const IdentityContract = contract('identity', {
  /** The users with these ids, in no particular order; unknown ids are left out. At most 1,000 at once. */
  usersByIds: query({ input: z.object({ ids: z.array(UserId).max(1000) }), output: z.array(User) }),
  /** Where mail reaches them, in no particular order; unknown ids are left out. At most 1,000 at once. */
  emailsByIds: query({
    input: z.object({ ids: z.array(UserId).max(1000) }),
    output: z.array(z.object({ id: UserId, email: z.string() })),
  }),
  /** The user of this name (case does not matter), or null. */
  userByUsername: query({ input: z.object({ username: z.string() }), output: User.nullable() }),
});
export type Identity = ClientOf<typeof IdentityContract>;

/** Names what anybody may see of a user, to those who keep it in a cache. */
export const userTag = (id: number): string => `identity:user/${id}`;

/** Names who has a name, if anybody does. */
export const nameTag = (username: string): string => `identity:name/${username.toLowerCase()}`;

/** A user has another picture, or none any more. Aggregate: `user/<userId>`. */
export const ImageChanged = event('identity/image-changed', {
  payload: z.object({ userId: UserId, image: z.string().nullable() }),
});
