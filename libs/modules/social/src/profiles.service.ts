import { Injectable } from '@nestjs/common';
import { defineCache, ReadCache } from '@tearline/cache';
import { execute, InjectTransactions, type Statement, statement, Transactions } from '@tearline/database';
import { InjectOutbox, Outbox } from '@tearline/events';
import {
  canonicalForm,
  type Identity,
  IdentityContract,
  nameTag,
  type User,
  userTag,
} from '@tearline/modules/identity/contract';
import { type EventContract, Seam, SeamError } from '@tearline/seam';
import { z } from 'zod';
import { Followed, followsTag, Profile, profileOf, Unfollowed } from './contract.js';
import { FollowReads, MAX_FOLLOWED } from './follow-reads.js';

type Follows = { following: boolean };

/* Each is one statement, and so one transaction. A repetition changes nothing and appends no event. */
const appendEvent = (changed: string) => `
  event as (
    select append_event($3, 'user/' || follower_id, $4, $5,
      jsonb_build_object('followerId', follower_id, 'followeeId', followee_id), $6)
    from ${changed}
  )`;

/**
 * Each selects whether the user follows now; a user who follows too many does not. A concurrent insert of the same row is not
 * visible here, but is the reason of the conflict, so it counts as following.
 */
const FOLLOW = statement<Follows>(
  'social.follow',
  `
  with permission as (
    select count(*) < ${MAX_FOLLOWED} as is_given from follows where follower_id = $1
  ), added as (
    insert into follows (follower_id, followee_id) select $1, $2 from permission where is_given
    on conflict do nothing returning follower_id, followee_id
  ), ${appendEvent('added')}
  select (select count(*) from event) > 0 or is_given
    or exists (select from follows where follower_id = $1 and followee_id = $2) as following
  from permission`,
);

const UNFOLLOW = statement<Follows>(
  'social.unfollow',
  `
  with removed as (
    delete from follows where follower_id = $1 and followee_id = $2 returning follower_id, followee_id
  ), ${appendEvent('removed')}
  select (select count(*) from event) < 0 as following`,
);

export const ProfileBody = z.object({ profile: Profile });
export type ProfileBody = z.infer<typeof ProfileBody>;

const PROFILE = defineCache('social.profile', { schema: ProfileBody, modules: ['identity'] });

/** Profiles of users, and following them. Both changes are idempotent. */
@Injectable()
export class ProfilesService {
  constructor(
    @Seam(IdentityContract) private readonly identity: Identity,
    @InjectTransactions('social') private readonly transactions: Transactions,
    @InjectOutbox('social') private readonly outbox: Outbox,
    private readonly reads: FollowReads,
    private readonly cache: ReadCache,
  ) {}

  /**
   * Returns the response to anonymous requests, as the bytes that are sent.
   * @throws SeamError profile/not-found
   */
  cachedBody(username: string): Buffer | Promise<Buffer> {
    const body = this.cache.json(PROFILE, canonicalForm(username), [nameTag(username)], async (addTags) => {
      const user = await this.identity.userByUsername({ username });
      if (!user) return null;
      addTags(userTag(user.id));
      return { profile: profileOf(user, false) };
    });
    return body instanceof Promise ? body.then(orNotFound) : orNotFound(body);
  }

  /** @throws SeamError profile/not-found */
  async read(username: string, viewer: number | undefined): Promise<Profile> {
    const user = await this.#find(username);
    if (viewer === undefined) return profileOf(user, false);
    return this.#seenBy(viewer, user);
  }

  /** Does nothing when users follow themselves. @throws SeamError profile/not-found, profile/exceeds-what-you-may-follow */
  async follow(username: string, viewer: number): Promise<Profile> {
    const user = await this.#find(username);
    if (user.id === viewer) return profileOf(user, false);
    return this.#change('follow', FOLLOW, Followed, viewer, user);
  }

  /** @throws SeamError profile/not-found */
  async unfollow(username: string, viewer: number): Promise<Profile> {
    return this.#change('unfollow', UNFOLLOW, Unfollowed, viewer, await this.#find(username));
  }

  async #change(
    operation: 'follow' | 'unfollow',
    sql: Statement<Follows>,
    event: EventContract,
    viewer: number,
    user: Readonly<User>,
  ): Promise<Profile> {
    const values = [viewer, user.id, ...this.outbox.appendEventArguments(event)];
    const isDone = await this.transactions.runStatement(operation, user.id, async (manager) => {
      const [row] = await execute(manager, sql, values);
      if (row!.following !== (operation === 'follow'))
        throw new SeamError('profile/exceeds-what-you-may-follow');
      return true;
    });
    this.outbox.relayNow();
    await this.cache.invalidate(followsTag(viewer));
    return isDone ? profileOf(user, operation === 'follow') : this.#seenBy(viewer, user);
  }

  async #seenBy(viewer: number, user: Readonly<User>): Promise<Profile> {
    const [followed] = await this.reads.followedAmong(viewer, [user.id]);
    return profileOf(user, followed !== undefined);
  }

  async #find(username: string): Promise<Readonly<User>> {
    const user = await this.identity.userByUsername({ username });
    if (!user) throw new SeamError('profile/not-found');
    return user;
  }
}

function orNotFound(body: Buffer | undefined): Buffer {
  if (body === undefined) throw new SeamError('profile/not-found');
  return body;
}
