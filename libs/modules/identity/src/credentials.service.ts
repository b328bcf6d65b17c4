import { Inject, Injectable, Logger } from '@nestjs/common';
import { type ChangeCursor, type CredentialChange, Revocations } from '@tearline/auth';
import { InjectReader, InjectTransactions, Reader, statement, Transactions } from '@tearline/database';
import { SeamError } from '@tearline/seam';
import type { EntityManager } from 'typeorm';
import { IDENTITY_SETTINGS, type IdentitySettings } from './identity.settings.js';
import { UserSessions } from './sessions/user-sessions.service.js';

const PAGE_SIZE = 1_000;

/**
 * Counts a change of a user's credentials, in its transaction. @returns the new generation
 * @throws SeamError token/is-invalid when the user is gone
 */
export async function nextGeneration(manager: EntityManager, userId: number): Promise<number> {
  const [change] = await manager.query<{ generation: number }[]>(
    `insert into credential_changes as c (user_id, generation, changed_at)
     select id, 1, clock_timestamp() from users where id = $1
     on conflict (user_id) do update set generation = c.generation + 1, changed_at = clock_timestamp()
     returning generation`,
    [userId],
  );
  if (!change) throw new SeamError('token/is-invalid');
  return change.generation;
}

const GENERATION = statement<{ generation: number }>(
  'identity.generation',
  `select coalesce(generation, 0) as generation from users left join credential_changes on user_id = id
    where id = $1`,
  'strong',
);

const CHANGES = statement<{ now: number } & { [K in keyof CredentialChange]: CredentialChange[K] | null }>(
  'identity.credentialChanges',
  `select (extract(epoch from clock_timestamp()) * 1000)::bigint as now, c.* from (values (1)) one left join lateral (
     select user_id as "userId", generation, (extract(epoch from changed_at) * 1000)::bigint as at
       from credential_changes
      where (changed_at, user_id) > (to_timestamp($1::bigint / 1000.0), $2)
        and changed_at > now() - make_interval(days => $3)
      order by changed_at, user_id limit ${PAGE_SIZE}) c on true`,
  'strong',
);

/** The generations of users' credentials: a change revokes all tokens and sessions of the generations before. */
@Injectable()
export class CredentialsService {
  readonly #log = new Logger(CredentialsService.name);

  constructor(
    @InjectReader('identity') private readonly reader: Reader,
    @InjectTransactions('identity') private readonly transactions: Transactions,
    @Inject(IDENTITY_SETTINGS) private readonly settings: IdentitySettings,
    private readonly sessions: UserSessions,
    private readonly revocations: Revocations,
  ) {}

  find(userId: number): Promise<{ generation: number } | undefined> {
    return this.reader.row(GENERATION, [userId]);
  }

  /** Returns changes in the order in which they were made; without `after`, those that revoked tokens which may still be valid. */
  async changes(
    after: ChangeCursor | null,
  ): Promise<{ changes: CredentialChange[]; next: ChangeCursor | null; now: number }> {
    const { at, userId } = after ?? { at: 0, userId: 0 };
    const { TOKEN_TTL_DAYS, SESSION_TTL_DAYS } = this.settings;
    const days = Math.max(TOKEN_TTL_DAYS, SESSION_TTL_DAYS);
    const rows = await this.reader.rows(CHANGES, [Math.max(0, at), userId, days]);
    const changes = rows.flatMap((row) =>
      row.userId === null ? [] : [{ userId: row.userId, generation: row.generation!, at: row.at! }],
    );
    const last = changes.at(-1);
    const next = changes.length === PAGE_SIZE && last ? { at: last.at, userId: last.userId } : null;
    return { changes, next, now: rows[0]!.now };
  }

  /** Revokes all tokens and sessions of a user. @throws SeamError token/is-invalid when the user is gone */
  async revokeAll(userId: number): Promise<void> {
    const generation = await this.transactions.run('revoke all', {}, (manager) =>
      nextGeneration(manager, userId),
    );
    await this.announce(userId, generation);
  }

  /** After the commit: tells all processes of a new generation. They find it themselves within seconds if this fails. */
  async announce(userId: number, generation: number): Promise<void> {
    await this.revocations.announce({ userId, generation });
    await this.sessions
      .removeEnded(userId, generation)
      .catch((error: unknown) =>
        this.#log.warn({ err: error }, 'revoked sessions were not removed; they expire'),
      );
  }
}
