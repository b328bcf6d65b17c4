import { Injectable } from '@nestjs/common';
import { Implements, type InputOf } from '@tearline/seam';
import { type Identity, IdentityContract } from './contract.js';
import { UserReads } from './user-reads.js';

/** Implements the contract for other modules. */
@Implements(IdentityContract)
@Injectable()
export class IdentityHandler implements Identity {
  constructor(private readonly reads: UserReads) {}

  usersByIds({ ids }: InputOf<typeof IdentityContract, 'usersByIds'>) {
    return this.reads.byIds(ids);
  }

  emailsByIds({ ids }: InputOf<typeof IdentityContract, 'emailsByIds'>) {
    return this.reads.emails(ids);
  }

  async userByUsername({ username }: InputOf<typeof IdentityContract, 'userByUsername'>) {
    return (await this.reads.byUsername(username)) ?? null;
  }
}
