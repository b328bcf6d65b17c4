import { Injectable } from '@nestjs/common';
import { SeamError } from '@tearline/seam';
import { LoginLimit } from './login-limit.js';
import { PasswordsService } from './passwords.service.js';
import { TokenSigner } from './token-signer.js';
import { UserReads } from './user-reads.js';
import { type Account, type Credentials, type UserBody, userBody } from './user.schemas.js';

/** Checks credentials and issues tokens. */
@Injectable()
export class LoginService {
  constructor(
    private readonly reads: UserReads,
    private readonly passwords: PasswordsService,
    private readonly limit: LoginLimit,
    private readonly tokens: TokenSigner,
  ) {}

  /** @throws SeamError credentials/invalid, credentials/too-many */
  async logIn(credentials: Credentials, address: string): Promise<UserBody> {
    const user = await this.authenticate(credentials, address);
    return userBody(user, await this.tokens.sign(user.id, user.generation));
  }

  /** Takes the same time for an unknown account. @throws SeamError credentials/invalid, credentials/too-many */
  async authenticate(
    { email, password }: Credentials,
    address: string,
  ): Promise<Account & { id: number; generation: number }> {
    const user = await this.limit.run(email, address, async () => {
      const known = await this.reads.credentials(email);
      return (await this.passwords.verify(known?.passwordHash, password)) ? known : undefined;
    });
    if (!user) throw new SeamError('credentials/invalid');
    return user;
  }
}
