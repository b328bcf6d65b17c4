import { type Identity, type User, UserId } from '@tearline/modules/identity/contract';
import { type ClientOf, contract, event, query } from '@tearline/seam';
import { z } from 'zod';

/** A profile of the public API: a user as the viewer sees them. */
export const Profile = z.object({
  username: z.string(),
  bio: z.string().nullable(),
  image: z.string().nullable(),
  following: z.boolean(),
});
export type Profile = z.infer<typeof Profile>;

/** Tags cached values that depend on whom a user follows. */
export const followsTag = (follower: number): string => `social:follows/${follower}`;

/** Whom a user follows is asked for by that user's own requests, and their own changes count by position. */
const keepFollows = {
  for: 5 * 60_000,
  staleIfError: 60 * 60_000,
  tags: ({ follower }: { readonly follower: number }) => [followsTag(follower)],
};

/** For queries that pages wait for, and go on without: longer than the four seconds after which a database that hangs counts as lost. */
const timeout = 5_000;

export const SocialContract = contract('social', {
  /** Returns those of `among` whom the user follows; without an answer, none of them. */
  followedAmong: query({
    input: z.object({ follower: UserId, among: z.array(UserId).max(1000) }),
    output: z.array(UserId),
    timeout,
    keep: { ...keepFollows, absentFor: keepFollows.for, each: { of: 'among' } },
    fallback: () => [],
  }),
  /** Returns the users whom the user follows, of whom there are 10,000 at most. */
  followedBy: query({
    input: z.object({ follower: UserId }),
    output: z.array(UserId),
    timeout,
    keep: keepFollows,
  }),
  /**
   * Returns a page of the user's followers: ids above `after`, in ascending order, at most `limit`.
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

/** A user followed another. Aggregate: `user/<followerId>`. */
export const Followed = event('social/followed', { payload: Follow });

/** A user unfollowed another. Aggregate: `user/<followerId>`. */
export const Unfollowed = event('social/unfollowed', { payload: Follow });

/** Returns the profile of a user as seen by a viewer who follows them or not. */
export function profileOf({ username, bio, image }: Readonly<User>, following: boolean): Profile {
  return { username, bio, image, following };
}

/**
 * Returns the profiles of many users by id, with at most one call to each module.
 * @param ids user ids, repeated or not
 * @param viewer undefined for an anonymous one, for whom social is not called
 * @param known all of the users, when the caller has them already; then identity is not called
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
