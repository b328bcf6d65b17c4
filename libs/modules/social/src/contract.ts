import { type Identity, type User, UserId } from '@tearline/modules/identity/contract';
import { type ClientOf, contract, event, query } from '@tearline/seam';
import { z } from 'zod';

/** A user as another one sees them: the public API's profile. */
export const Profile = z.object({
  username: z.string(),
  bio: z.string().nullable(),
  image: z.string().nullable(),
  following: z.boolean(),
});
export type Profile = z.infer<typeof Profile>;

export const SocialContract = contract('social', {
  /** Which of `among` this user follows. */
  followedAmong: query({
    input: z.object({ follower: UserId, among: z.array(UserId).max(1000) }),
    output: z.array(UserId),
  }),
  /** Everybody whom this user follows. */
  followedBy: query({ input: z.object({ follower: UserId }), output: z.array(UserId) }),
  /**
   * Who follows this user: those with an id above `after`, lowest first, `limit` at most. The next page goes on after the
   * last one.
   */
  followersOf: query({
    input: z.object({
      followee: UserId,
      after: z.int().nonnegative(),
      limit: z.int().positive().max(1000),
    }),
    output: z.array(UserId),
  }),
});
export type Social = ClientOf<typeof SocialContract>;

const Follow = z.object({ followerId: UserId, followeeId: UserId });

/** Somebody follows somebody. Aggregate: `user/<followerId>`. */
export const Followed = event('social/followed', { payload: Follow });

/** Somebody does not follow somebody any more. Aggregate: `user/<followerId>`. */
export const Unfollowed = event('social/unfollowed', { payload: Follow });

/** The profile of a user, as seen by somebody who follows them or not. */
export function profileOf({ username, bio, image }: Readonly<User>, following: boolean): Profile {
  return { username, bio, image, following };
}

/**
 * Profiles of many users at once, by id, with one call to each module at most.
 * @param ids user ids, repeated or not
 * @param viewer who looks; nobody follows themselves, and an anonymous one follows nobody, so social is not asked
 * @param known the users themselves, where the caller has all of them already; then identity is not asked
 */
export async function profilesOf(
  { identity, social }: { identity: Identity; social: Social },
  ids: readonly number[],
  viewer: number | undefined,
  known?: readonly Readonly<User>[],
): Promise<Map<number, Profile>> {
  if (ids.length === 0) return new Map();
  const distinct = [...new Set(ids)];
  const among = distinct.filter((id) => id !== viewer);
  const [users, followed] = await Promise.all([
    known ?? identity.usersByIds({ ids: distinct }),
    viewer === undefined || among.length === 0
      ? ([] as readonly number[])
      : social.followedAmong({ follower: viewer, among }),
  ]);
  return new Map(users.map((user) => [user.id, profileOf(user, followed.includes(user.id))]));
}
