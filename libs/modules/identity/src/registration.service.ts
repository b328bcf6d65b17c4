import { Injectable } from '@nestjs/common';
import { ReadCache } from '@tearline/cache';
import { InjectTransactions, Transactions } from '@tearline/database';
import { currentCall, isSeamError } from '@tearline/seam';
import { canonicalForm, nameTag } from './contract.js';
import { UserEntity } from './entities/user.entity.js';
import { LoginService } from './login.service.js';
import { NameLocks } from './name-locks.js';
import { PasswordsService } from './passwords.service.js';
import { fromUniqueViolation, alreadyTaken } from './already-taken.js';
import { RegistrationLimit } from './registration-limit.js';
import { TokenSigner } from './token-signer.js';
import { UserReads } from './user-reads.js';
import { type NewUser, type UserBody, userBody } from './user.schemas.js';
import { withCanonicalForms } from './with-canonical-forms.js';

const REGISTER = 'register';

/** Creates accounts. */
@Injectable()
export class RegistrationService {
  constructor(
    @InjectTransactions('identity') private readonly transactions: Transactions,
    private readonly limit: RegistrationLimit,
    private readonly reads: UserReads,
    private readonly locks: NameLocks,
    private readonly passwords: PasswordsService,
    private readonly tokens: TokenSigner,
    private readonly login: LoginService,
    private readonly cache: ReadCache,
  ) {}

  /** @throws SeamError username/taken, email/taken, registrations/too-many */
  async register(user: NewUser, address: string): Promise<UserBody> {
    await this.limit.count(address);
    const { username, email, password } = user;
    if (await this.transactions.findReply(REGISTER, { username, email })) return this.#repeat(user, address);
    const names = [`username ${canonicalForm(username)}`, `email ${canonicalForm(email)}`];
    const id = await this.locks.withLocks(
      names,
      () => this.#refuseTaken(user),
      () => this.#insert({ username, email, password }),
    );
    await this.cache.invalidate(nameTag(username));
    // The new user is the principal from here on, so that they read their own write.
    const call = currentCall();
    if (call) call.principal ??= { id: String(id) };
    return userBody({ ...user, bio: null, image: null }, await this.tokens.sign(id, 0));
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
        const names = withCanonicalForms({ username, email });
        const { identifiers } = await manager.insert(UserEntity, { ...names, passwordHash });
        await this.cache.record(manager, nameTag(username));
        return (identifiers[0] as { id: number }).id;
      });
    } catch (error) {
      throw fromUniqueViolation(error);
    }
  }
}
