import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { AttemptLimit, networkOf } from './attempt-limit.js';
import { UserEntity } from './entities/user.entity.js';
import { IDENTITY_SETTINGS, type IdentitySettings } from './identity.settings.js';
import { NameClaims } from './name-claims.js';
import { PasswordsService } from './passwords.service.js';
import { asTakenName, takenName } from './taken-name.js';
import { TokenSigner } from './token-signer.js';
import { UserReads } from './user-reads.js';
import { type NewUser, type UserBody, userBody } from './user.schemas.js';

/** Makes accounts. */
@Injectable()
export class RegistrationService {
  readonly #limit: AttemptLimit;

  constructor(
    @InjectRepository(UserEntity, 'identity') private readonly users: Repository<UserEntity>,
    @Inject(IDENTITY_SETTINGS) { REGISTRATIONS_PER_MINUTE }: IdentitySettings,
    private readonly reads: UserReads,
    private readonly claims: NameClaims,
    private readonly passwords: PasswordsService,
    private readonly tokens: TokenSigner,
  ) {
    this.#limit = new AttemptLimit(REGISTRATIONS_PER_MINUTE, 'registrations');
  }

  /** @throws SeamError username/taken, email/taken, registrations/too-many */
  async register(user: NewUser, address: string): Promise<UserBody> {
    const network = networkOf(address);
    this.#limit.check(network);
    this.#limit.count(network);
    const names = [`username ${user.username.toLowerCase()}`, `email ${user.email.toLowerCase()}`];
    const id = await this.claims.holding(
      names,
      () => this.#refuseTaken(user),
      () => this.#insert(user),
    );
    return userBody({ ...user, bio: null, image: null }, await this.tokens.sign(id));
  }

  async #refuseTaken({ username, email }: NewUser): Promise<void> {
    const taken = await this.reads.taken(username, email);
    if (taken) throw takenName(taken);
  }

  async #insert({ username, email, password }: NewUser): Promise<number> {
    const passwordHash = await this.passwords.hash(password);
    try {
      const { identifiers } = await this.users.insert({ username, email, passwordHash });
      return (identifiers[0] as { id: number }).id;
    } catch (error) {
      throw asTakenName(error);
    }
  }
}
