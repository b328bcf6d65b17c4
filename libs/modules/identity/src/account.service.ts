import { createHmac } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { ReadCache } from '@tearline/cache';
import { InjectTransactions, Transactions } from '@tearline/database';
import { InjectOutbox, Outbox } from '@tearline/events';
import { SeamError } from '@tearline/seam';
import { ImageChanged, nameTag, userTag } from './contract.js';
import { CredentialsService, nextGeneration } from './credentials.service.js';
import { UserEntity } from './entities/user.entity.js';
import { IDENTITY_SETTINGS, type IdentitySettings } from './identity.settings.js';
import { PasswordsService } from './passwords.service.js';
import { fromUniqueViolation } from './already-taken.js';
import { UserReads } from './user-reads.js';
import type { Account, UserChanges } from './user.schemas.js';
import { withCanonicalForms } from './with-canonical-forms.js';

/** Reads and updates users' own accounts. */
@Injectable()
export class AccountService {
  constructor(
    @InjectTransactions('identity') private readonly transactions: Transactions,
    @InjectOutbox('identity') private readonly outbox: Outbox,
    @Inject(IDENTITY_SETTINGS) private readonly settings: IdentitySettings,
    private readonly reads: UserReads,
    private readonly passwords: PasswordsService,
    private readonly credentials: CredentialsService,
    private readonly cache: ReadCache,
  ) {}

  /** @throws SeamError token/is-invalid when the user is gone */
  async read(id: number): Promise<Account> {
    return existing(await this.reads.account(id));
  }

  /**
   * Updates the given fields. A new password revokes the user's tokens and sessions.
   * @returns the account, and the generation of its credentials if they changed
   * @throws SeamError username/taken, email/taken; token/is-invalid when the user is gone
   */
  async update(
    id: number,
    { password, ...changes }: UserChanges,
  ): Promise<Account & { generation?: number }> {
    const passwordHash = password === undefined ? undefined : await this.passwords.hash(password);
    const request = { ...changes, password: password && this.#fingerprint(password) };
    try {
      const account = await this.transactions.run(
        'update account',
        request,
        async (manager): Promise<Account & { generation?: number }> => {
          const { raw } = await manager
            .createQueryBuilder()
            .update(UserEntity, {
              ...withCanonicalForms(changes),
              ...(passwordHash !== undefined && { passwordHash }),
            })
            .where({ id })
            .returning('email, username, bio, image')
            .execute();
          const updated = existing((raw as Account[])[0]);
          if (changes.image !== undefined)
            await this.outbox.publish(manager, ImageChanged, `user/${id}`, {
              userId: id,
              image: updated.image,
            });
          await this.cache.record(manager, userTag(id), nameTag(updated.username));
          if (passwordHash === undefined) return { ...updated };
          return { ...updated, generation: await nextGeneration(manager, id) };
        },
      );
      if (account.generation !== undefined) await this.credentials.announce(id, account.generation);
      await this.cache.invalidate(userTag(id), nameTag(account.username));
      return account;
    } catch (error) {
      throw fromUniqueViolation(error);
    }
  }

  /** Returns what tells two passwords apart, and from which none can be guessed without the signing key. */
  #fingerprint(password: string): string {
    return createHmac('sha256', this.settings.IDENTITY_SIGNING_KEY.d).update(password).digest('base64url');
  }
}

function existing(account: Account | undefined): Account {
  if (!account) throw new SeamError('token/is-invalid');
  return account;
}
