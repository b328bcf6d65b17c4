import { Injectable } from '@nestjs/common';
import { SeamError } from '@tearline/seam';
import { LoginLimit } from './login-limit.js';
import { PasswordsService } from './passwords.service.js';
import { TokenSigner } from './token-signer.js';
import { UserReads } from './user-reads.js';
import { type Credentials, type UserBody, userBody } from './user.schemas.js';

/** Checks credentials and issues tokens. */
@Injectable()
export class LoginService {
  constructor(
    private readonly reads: UserReads,
    private readonly passwords: PasswordsService,
    private readonly limit: LoginLimit,
    private readonly tokens: TokenSigner,
  ) {}

  /** Takes the same time for an unknown account. @throws SeamError credentials/invalid, credentials/too-many */
  async logIn({ email, password }: Credentials, address: string): Promise<UserBody> {
    // Checked again before hashing, so that concurrent attempts do not exceed the limit.
    const attempt = this.limit.attempt(email, address);
    attempt.check();
    const user = await this.reads.credentials(email);
    const matches = await this.passwords.verify(user?.passwordHash, password, attempt);
    if (!user || !matches) throw new SeamError('credentials/invalid');
    return userBody(user, await this.tokens.sign(user.id));
  }
}
