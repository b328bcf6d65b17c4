import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type Identity, IdentityContract, type User } from '@tearline/identity/contract';
import { Seam, SeamError } from '@tearline/seam';
import { Repository } from 'typeorm';
import { type Profile, profileOf } from './contract.js';
import { FollowEntity } from './entities/follow.entity.js';
import { FollowReads } from './follow-reads.js';

/** Users as others see them, and who follows them. Following twice is following; unfollowing likewise. */
@Injectable()
export class ProfilesService {
  constructor(
    @Seam(IdentityContract) private readonly identity: Identity,
    @InjectRepository(FollowEntity, 'social') private readonly follows: Repository<FollowEntity>,
    private readonly reads: FollowReads,
  ) {}

  /** @throws SeamError profile/not-found */
  async read(username: string, viewer: number | undefined): Promise<Profile> {
    const user = await this.#find(username);
    if (viewer === undefined) return profileOf(user, false);
    const [followed] = await this.reads.followedAmong(viewer, [user.id]);
    return profileOf(user, followed !== undefined);
  }

  /** Nobody follows themselves: then nothing happens. @throws SeamError profile/not-found */
  async follow(username: string, viewer: number): Promise<Profile> {
    const user = await this.#find(username);
    if (user.id === viewer) return profileOf(user, false);
    await this.follows
      .createQueryBuilder()
      .insert()
      .values({ followerId: viewer, followeeId: user.id })
      .orIgnore()
      .execute();
    return profileOf(user, true);
  }

  /** @throws SeamError profile/not-found */
  async unfollow(username: string, viewer: number): Promise<Profile> {
    const user = await this.#find(username);
    await this.follows.delete({ followerId: viewer, followeeId: user.id });
    return profileOf(user, false);
  }

  async #find(username: string): Promise<Readonly<User>> {
    const user = await this.identity.userByUsername({ username });
    if (!user) throw new SeamError('profile/not-found');
    return user;
  }
}
