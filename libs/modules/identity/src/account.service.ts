import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { ReadCache } from '@tearline/cache';
import { InjectOutbox, Outbox } from '@tearline/events';
import { SeamError } from '@tearline/seam';
import { Repository } from 'typeorm';
import { ImageChanged, nameTag, userTag } from './contract.js';
import { UserEntity } from './entities/user.entity.js';
import { PasswordsService } from './passwords.service.js';
import { fromUniqueViolation } from './already-taken.js';
import { UserReads } from './user-reads.js';
import type { Account, UserChanges } from './user.schemas.js';

/** Reads and updates users' own accounts. */
@Injectable()
export class AccountService {
  constructor(
    @InjectRepository(UserEntity, 'identity') private readonly users: Repository<UserEntity>,
    @InjectOutbox('identity') private readonly outbox: Outbox,
    private readonly reads: UserReads,
    private readonly passwords: PasswordsService,
    private readonly cache: ReadCache,
  ) {}

  /** @throws SeamError token/is-invalid when the user is gone */
  async read(id: number): Promise<Account> {
    return existing(await this.reads.account(id));
  }

  /**
   * Updates the given fields.
   * @throws SeamError username/taken, email/taken; token/is-invalid when the user is gone
   */
  async update(id: number, { password, ...changes }: UserChanges): Promise<Account> {
    const passwordHash = password === undefined ? undefined : await this.passwords.hash(password);
    try {
      const account = await this.users.manager.transaction(async (manager) => {
        const { raw } = await manager
          .createQueryBuilder()
          .update(UserEntity, { ...changes, ...(passwordHash !== undefined && { passwordHash }) })
          .where({ id })
          .returning('email, username, bio, image')
          .execute();
        const updated = existing((raw as Account[])[0]);
        if (changes.image !== undefined)
          await this.outbox.publish(manager, ImageChanged, `user/${id}`, {
            userId: id,
            image: updated.image,
          });
        return updated;
      });
      await this.cache.invalidate(userTag(id), nameTag(account.username));
      return account;
    } catch (error) {
      throw fromUniqueViolation(error);
    }
  }
}

function existing(account: Account | undefined): Account {
  if (!account) throw new SeamError('token/is-invalid');
  return account;
}
