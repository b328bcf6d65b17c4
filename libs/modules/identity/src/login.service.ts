import { Injectable } from '@nestjs/common';
import { SeamError } from '@tearline/seam';
import { LoginLimit } from './login-limit.js';
import { PasswordsService } from './passwords.service.js';
import { TokenSigner } from './token-signer.js';
import { UserReads } from './user-reads.js';
import { type Credentials, type UserBody, userBody } from './user.schemas.js';

/** Gives tokens to those who know their password. */
@Injectable()
export class LoginService {
  constructor(
    private readonly reads: UserReads,
    private readonly passwords: PasswordsService,
    private readonly limit: LoginLimit,
    private readonly tokens: TokenSigner,
  ) {}

  /** @throws SeamError credentials/invalid, after as much work for an unknown account; credentials/too-many */
  async logIn({ email, password }: Credentials, address: string): Promise<UserBody> {
    // Checked again when it is its turn to be hashed: a crowd that comes at once gets no more tries than one.
    const attempt = this.limit.attempt(email, address);
    attempt.check();
    const user = await this.reads.credentials(email);
    const matches = await this.passwords.verify(user?.passwordHash, password, attempt);
    if (!user || !matches) throw new SeamError('credentials/invalid');
    return userBody(user, await this.tokens.sign(user.id));
  }
}
