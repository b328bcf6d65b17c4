import { type ClientOf, contract, event, query } from '@tearline/seam';
import { z } from 'zod';

/** Stands for a name that is not known. It has a blank that a username must not have, so no user has it. */
export const UNAVAILABLE_NAME = 'name\u00a0unavailable';

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

/** Counts the changes of a user's credentials: tokens and sessions of earlier generations are revoked. */
const Generation = z.int().nonnegative();

/** Since 1970. */
const Milliseconds = z.int().nonnegative();

/** A place in the list of changes of credentials. */
const ChangeCursor = z.object({ at: z.int(), userId: z.int().nonnegative() });

/** Callers keep what is known of a user, since its changes invalidate it; a page shows an old name rather than none. */
const keepUsers = { for: 5 * 60_000, staleIfError: 60 * 60_000 };

/** For queries that pages wait for, and go on without: longer than the four seconds after which a database that hangs counts as lost. */
const timeout = 5_000;

export const IdentityContract = contract('identity', {
  /**
   * Returns the users with these ids, in no particular order and without unknown ids. At most 100 ids: a user may take 70 KB.
   * Without an answer a page shows {@link UNAVAILABLE_NAME}.
   */
  usersByIds: query({
    input: z.object({ ids: z.array(UserId).max(100) }),
    output: z.array(User),
    timeout,
    keep: { ...keepUsers, each: { of: 'ids', by: 'id' }, tags: ({ ids }) => ids.map(userTag) },
    fallback: ({ ids }) => ids.map((id) => ({ id, username: UNAVAILABLE_NAME, bio: null, image: null })),
  }),
  /** Returns the e-mail addresses of these users, in no particular order and without unknown ids. At most 1,000 ids. */
  emailsByIds: query({
    input: z.object({ ids: z.array(UserId).max(1000) }),
    output: z.array(z.object({ id: UserId, email: z.string() })),
  }),
  /** Returns the user whose name has the same canonical form, or null. */
  userByUsername: query({
    input: z.object({ username: z.string() }),
    output: User.nullable(),
    timeout,
    keep: {
      ...keepUsers,
      tags: ({ username }, user) => [nameTag(username), ...(user ? [userTag(user.id)] : [])],
    },
  }),
  /** Returns the open session with this id, or null. Its idle time begins anew. */
  session: query({
    input: z.object({ id: z.string().max(64) }),
    output: z
      .object({ userId: UserId, generation: Generation, createdAt: Milliseconds, expiresAt: Milliseconds })
      .nullable(),
  }),
  /** Returns the present generation of a user's credentials, or null for an unknown user. */
  credentials: query({
    input: z.object({ userId: UserId }),
    output: z.object({ generation: Generation }).nullable(),
  }),
  /**
   * Returns the users whose credentials changed, the oldest change first, up to 1,000 at a time; without `after`, those whose
   * tokens may still be valid.
   */
  credentialChanges: query({
    input: z.object({ after: ChangeCursor.nullable() }),
    output: z.object({
      changes: z.array(z.object({ userId: UserId, generation: Generation, at: Milliseconds })),
      next: ChangeCursor.nullable(),
      now: Milliseconds,
    }),
  }),
});
export type Identity = ClientOf<typeof IdentityContract>;

/**
 * Returns the canonical form of a username or an e-mail address. Two of them are the same exactly if their canonical forms
 * are equal. It is Unicode's canonical caseless match: full case folding, which depends neither on a locale nor on the
 * neighbours of a letter, in normalization form C. It is computed here alone and stored, because every database folds by a
 * locale of its own.
 * @example canonicalForm('ΟΔΌΣ') === canonicalForm('οδός')
 */
export function canonicalForm(name: string): string {
  // Lower case first, for ẞ, whose upper case is itself; ς is the lower case of Σ at the end of a word.
  const folded = name.normalize('NFD').toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ');
  return folded.normalize('NFC');
}

/** Tags cached values that show the public part of a user. */
export const userTag = (id: number): string => `identity:user/${id}`;

/** Tags cached values that depend on which user has a name. */
export const nameTag = (username: string): string => `identity:name/${canonicalForm(username)}`;

/** A user changed or removed their picture. Aggregate: `user/<userId>`. */
export const ImageChanged = event('identity/image-changed', {
  payload: z.object({ userId: UserId, image: z.string().nullable() }),
});
