import { Injectable } from '@nestjs/common';
import { Implements, type InputOf } from '@tearline/seam';
import { type Identity, IdentityContract } from './contract.js';
import { CredentialsService } from './credentials.service.js';
import { UserSessions } from './sessions/user-sessions.service.js';
import { UserReads } from './user-reads.js';

/** Implements the contract for other modules. */
@Implements(IdentityContract)
@Injectable()
export class IdentityHandler implements Identity {
  constructor(
    private readonly reads: UserReads,
    private readonly userSessions: UserSessions,
    private readonly userCredentials: CredentialsService,
  ) {}

  usersByIds({ ids }: InputOf<typeof IdentityContract, 'usersByIds'>) {
    return this.reads.byIds(ids);
  }

  emailsByIds({ ids }: InputOf<typeof IdentityContract, 'emailsByIds'>) {
    return this.reads.emails(ids);
  }

  async userByUsername({ username }: InputOf<typeof IdentityContract, 'userByUsername'>) {
    return (await this.reads.byUsername(username)) ?? null;
  }

  async session({ id }: InputOf<typeof IdentityContract, 'session'>) {
    return (await this.userSessions.find(id)) ?? null;
  }

  async credentials({ userId }: InputOf<typeof IdentityContract, 'credentials'>) {
    return (await this.userCredentials.find(userId)) ?? null;
  }

  credentialChanges({ after }: InputOf<typeof IdentityContract, 'credentialChanges'>) {
    return this.userCredentials.changes(after);
  }
}
