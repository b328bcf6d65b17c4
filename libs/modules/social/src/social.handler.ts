import { Injectable } from '@nestjs/common';
import { Implements, type InputOf } from '@tearline/seam';
import { type Social, SocialContract } from './contract.js';
import { FollowReads } from './follow-reads.js';

/** Implements the contract for other modules. */
@Implements(SocialContract)
@Injectable()
export class SocialHandler implements Social {
  constructor(private readonly reads: FollowReads) {}

  followedAmong({ follower, among }: InputOf<typeof SocialContract, 'followedAmong'>) {
    return this.reads.followedAmong(follower, among);
  }

  followedBy({ follower }: InputOf<typeof SocialContract, 'followedBy'>) {
    return this.reads.followedBy(follower);
  }

  followersOf({ followee, after, limit }: InputOf<typeof SocialContract, 'followersOf'>) {
    return this.reads.followersOf(followee, after, limit);
  }
}
