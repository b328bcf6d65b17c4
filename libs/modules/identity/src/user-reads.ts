import { Injectable } from '@nestjs/common';
import { defineCache, ReadCache } from '@tearline/cache';
import { InjectReader, Reader, statement } from '@tearline/database';
import { canonicalForm, nameTag, User, userTag } from './contract.js';
import type { Account } from './user.schemas.js';

/** What a login needs to know. */
export type Credentials = Account & { id: number; passwordHash: string; generation: number };

const BY_IDS = statement<User>(
  'identity.byIds',
  'select id, username, bio, image from users where id = any($1::bigint[])',
);
const BY_USERNAME = statement<User>(
  'identity.byUsername',
  'select id, username, bio, image from users where canonical_username = $1',
);
const EMAILS = statement<{ id: number; email: string }>(
  'identity.emails',
  'select id, email from users where id = any($1::bigint[])',
);
const ACCOUNT = statement<Account>(
  'identity.account',
  'select email, username, bio, image from users where id = $1',
);
const CREDENTIALS = statement<Credentials>(
  'identity.credentials',
  `select id, email, username, bio, image, password_hash as "passwordHash", coalesce(generation, 0) as generation
     from users left join credential_changes on user_id = id where canonical_email = $1`,
  // A changed password must be effective at once, for all clients.
  'strong',
);
const TAKEN = statement<{ usernameTaken: boolean }>(
  'identity.taken',
  `select canonical_username = $1 as "usernameTaken" from users
    where canonical_username = $1 or canonical_email = $2
    order by 1 desc limit 1`,
);

const NAMED = defineCache('identity.named', { schema: User, modules: ['identity'] });

/** The module's reads as named prepared statements. Names and e-mail addresses are compared by their canonical forms. */
@Injectable()
export class UserReads {
  constructor(
    @InjectReader('identity') private readonly reader: Reader,
    private readonly cache: ReadCache,
  ) {}

  async byIds(ids: readonly number[]): Promise<User[]> {
    return ids.length === 0 ? [] : this.reader.rows(BY_IDS, [ids]);
  }

  byUsername(username: string): Promise<User | undefined> {
    const canonical = canonicalForm(username);
    return this.cache.value(NAMED, canonical, [nameTag(username)], async (addTags) => {
      const user = await this.reader.row(BY_USERNAME, [canonical]);
      if (user) addTags(userTag(user.id));
      return user ?? null;
    });
  }

  async emails(ids: readonly number[]): Promise<{ id: number; email: string }[]> {
    return ids.length === 0 ? [] : this.reader.rows(EMAILS, [ids]);
  }

  account(id: number): Promise<Account | undefined> {
    return this.reader.row(ACCOUNT, [id]);
  }

  credentials(email: string): Promise<Credentials | undefined> {
    return this.reader.row(CREDENTIALS, [canonicalForm(email)]);
  }

  /** Returns which of the two another user has, the username first. */
  async taken(username: string, email: string): Promise<'username' | 'email' | undefined> {
    const row = await this.reader.row(TAKEN, [canonicalForm(username), canonicalForm(email)]);
    return row && (row.usernameTaken ? 'username' : 'email');
  }
}
