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

/** Creates accounts. */
@Injectable()
export class RegistrationService {
  readonly #limit: RateLimit;

  constructor(
    @InjectTransactions('identity') private readonly transactions: Transactions,
    @Inject(IDENTITY_SETTINGS) { REGISTRATIONS_PER_MINUTE }: IdentitySettings,
    private readonly reads: UserReads,
    private readonly locks: NameLocks,
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
    if (await this.transactions.findReply(REGISTER, { username, email })) return this.#repeat(user, address);
    const names = [`username ${username.toLowerCase()}`, `email ${email.toLowerCase()}`];
    const id = await this.locks.withLocks(
      names,
      () => this.#refuseTaken(user),
      () => this.#insert({ username, email, password }),
    );
    await this.cache.invalidate(nameTag(username));
    // The new user is the principal from here on, so that they read their own write.
    const call = currentCall();
    if (call) call.principal ??= { id: String(id) };
    return userBody({ ...user, bio: null, image: null }, await this.tokens.sign(id));
  }

  /** A repeated registration returns a token, so it must prove that it knows the password. */
  async #repeat({ username, email, password }: NewUser, address: string): Promise<UserBody> {
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
