import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { defineCache, ReadCache } from '@tearline/cache';
import { InjectOutbox, Outbox } from '@tearline/events';
import {
  type Identity,
  IdentityContract,
  nameTag,
  type User,
  userTag,
} from '@tearline/modules/identity/contract';
import { type EventContract, Seam, SeamError } from '@tearline/seam';
import { Repository } from 'typeorm';
import { z } from 'zod';
import { Followed, Profile, profileOf, Unfollowed } from './contract.js';
import { FollowEntity } from './entities/follow.entity.js';
import { FollowReads } from './follow-reads.js';

/* Each is one statement, and so one transaction. A repetition changes nothing and appends no event. */
const appendEvent = (changed: string) => `
  select append_event($3, 'user/' || follower_id, $4, $5,
    jsonb_build_object('followerId', follower_id, 'followeeId', followee_id), $6)
  from ${changed}`;

const FOLLOW = `
  with added as (
    insert into follows (follower_id, followee_id) values ($1, $2) on conflict do nothing
    returning follower_id, followee_id
  ) ${appendEvent('added')}`;

const UNFOLLOW = `
  with removed as (
    delete from follows where follower_id = $1 and followee_id = $2 returning follower_id, followee_id
  ) ${appendEvent('removed')}`;

export const ProfileBody = z.object({ profile: Profile });
export type ProfileBody = z.infer<typeof ProfileBody>;

const PROFILE = defineCache('social.profile', { schema: ProfileBody, modules: ['identity'] });

/** Profiles of users, and following them. Both changes are idempotent. */
@Injectable()
export class ProfilesService {
  constructor(
    @Seam(IdentityContract) private readonly identity: Identity,
    @InjectRepository(FollowEntity, 'social') private readonly follows: Repository<FollowEntity>,
    @InjectOutbox('social') private readonly outbox: Outbox,
    private readonly reads: FollowReads,
    private readonly cache: ReadCache,
  ) {}

  /**
   * Returns the response to anonymous requests, as the bytes that are sent.
   * @throws SeamError profile/not-found
   */
  cachedBody(username: string): Buffer | Promise<Buffer> {
    const body = this.cache.json(PROFILE, username.toLowerCase(), [nameTag(username)], async (addTags) => {
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
    const [followed] = await this.reads.followedAmong(viewer, [user.id]);
    return profileOf(user, followed !== undefined);
  }

  /** Does nothing when users follow themselves. @throws SeamError profile/not-found */
  async follow(username: string, viewer: number): Promise<Profile> {
    const user = await this.#find(username);
    if (user.id === viewer) return profileOf(user, false);
    await this.#change(FOLLOW, Followed, viewer, user.id);
    return profileOf(user, true);
  }

  /** @throws SeamError profile/not-found */
  async unfollow(username: string, viewer: number): Promise<Profile> {
    const user = await this.#find(username);
    await this.#change(UNFOLLOW, Unfollowed, viewer, user.id);
    return profileOf(user, false);
  }

  async #change(sql: string, event: EventContract, follower: number, followee: number): Promise<void> {
    await this.follows.query(sql, [follower, followee, ...this.outbox.appendEventArguments(event)]);
    this.outbox.relayNow();
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
