import { Inject, Injectable } from '@nestjs/common';
import { ReadCache } from '@tearline/cache';
import { InjectTransactions, Transactions } from '@tearline/database';
import { currentCall, isSeamError } from '@tearline/seam';
import { RateLimit, networkOf } from './rate-limit.js';
import { nameTag } from './contract.js';
import { UserEntity } from './entities/user.entity.js';
import { IDENTITY_SETTINGS, type IdentitySettings } from './identity.settings.js';
import { LoginService } from './login.service.js';
import { NameLocks } from './name-locks.js';
import { PasswordsService } from './passwords.service.js';
import { fromUniqueViolation, alreadyTaken } from './already-taken.js';
import { TokenSigner } from './token-signer.js';
import { UserReads } from './user-reads.js';
import { type NewUser, type UserBody, userBody } from './user.schemas.js';

const REGISTER = 'register';

/** Makes accounts. */
@Injectable()
export class RegistrationService {
  readonly #limit: RateLimit;

  constructor(
    @InjectTransactions('identity') private readonly transactions: Transactions,
    @Inject(IDENTITY_SETTINGS) { REGISTRATIONS_PER_MINUTE }: IdentitySettings,
    private readonly reads: UserReads,
    private readonly claims: NameLocks,
    private readonly passwords: PasswordsService,
    private readonly tokens: TokenSigner,
    private readonly login: LoginService,
    private readonly cache: ReadCache,
  ) {
    this.#limit = new RateLimit(REGISTRATIONS_PER_MINUTE, 'registrations');
  }

  /** @throws SeamError username/taken, email/taken, registrations/too-many */
  async register(user: NewUser, address: string): Promise<UserBody> {
    const network = networkOf(address);
    this.#limit.check(network);
    this.#limit.count(network);
    const { username, email, password } = user;
    if (await this.transactions.findReply(REGISTER, { username, email })) return this.#again(user, address);
    const names = [`username ${username.toLowerCase()}`, `email ${email.toLowerCase()}`];
    const id = await this.claims.withLocks(
      names,
      () => this.#refuseTaken(user),
      () => this.#insert({ username, email, password }),
    );
    await this.cache.invalidate(nameTag(username));
    // Whoever made the account is its user from now on, and must see it.
    const call = currentCall();
    if (call) call.principal ??= { id: String(id) };
    return userBody({ ...user, bio: null, image: null }, await this.tokens.sign(id));
  }

  /** Whoever repeats a registration gets a token for it, so they must know its password. */
  async #again({ username, email, password }: NewUser, address: string): Promise<UserBody> {
    try {
      return await this.login.logIn({ email, password }, address);
    } catch (error) {
      if (!isSeamError(error, 'credentials/invalid')) throw error;
      throw alreadyTaken((await this.reads.taken(username, email)) ?? 'username');
    }
  }

  async #refuseTaken({ username, email }: NewUser): Promise<void> {
    const taken = await this.reads.taken(username, email);
    if (taken) throw alreadyTaken(taken);
  }

  async #insert({ username, email, password }: NewUser): Promise<number> {
    const passwordHash = await this.passwords.hash(password);
    try {
      return await this.transactions.run(REGISTER, { username, email }, async (manager) => {
        const { identifiers } = await manager.insert(UserEntity, { username, email, passwordHash });
        return (identifiers[0] as { id: number }).id;
      });
    } catch (error) {
      throw fromUniqueViolation(error);
    }
  }
}
