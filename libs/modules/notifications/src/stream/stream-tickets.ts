import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { Revocations } from '@tearline/auth';
import { SeamError } from '@tearline/seam';
import { LRUCache } from 'lru-cache';
import type { DataSource } from 'typeorm';
import { NOTIFICATIONS_SETTINGS, type NotificationsSettings } from '../notifications.settings.js';

/** Unused tickets per user. */
const MAX_PER_USER = 20;

const ISSUE = `
  with expired as (
    delete from tickets where user_id = $2 and expires_at <= now()
  )
  insert into tickets (hash, user_id, expires_at)
  select $1, $2, now() + make_interval(secs => $3)
   where (select count(*) from tickets where user_id = $2 and expires_at > now()) < ${MAX_PER_USER}
  returning expires_at as "expiresAt"`;

const REDEEM = `
  with taken as (
    delete from tickets where hash = $1 returning user_id, expires_at
  )
  select user_id as "userId", 1000 * ($2 - extract(epoch from expires_at - now()))::float8 as age
    from taken
   where expires_at > now()`;

/** A ticket and its expiry. */
export interface IssuedTicket {
  ticket: string;
  expiresAt: Date;
}

/**
 * Issues single-use tickets that open a stream: a browser's EventSource cannot send a token in a header, and proxies would log
 * a token in the URL.
 */
@Injectable()
export class StreamTickets implements OnModuleDestroy {
  /** When a user's credentials were last revoked, as `performance.now()` had it, for as long as a ticket is valid. */
  readonly #revokedAt: LRUCache<number, number>;
  readonly #unsubscribe: () => void;

  constructor(
    @InjectDataSource('notifications') private readonly database: DataSource,
    @Inject(NOTIFICATIONS_SETTINGS) private readonly settings: NotificationsSettings,
    revocations: Revocations,
  ) {
    this.#revokedAt = new LRUCache({ max: 100_000, ttl: 1_000 * settings.STREAM_TICKET_SECONDS });
    this.#unsubscribe = revocations.onRevoked(({ userId }) => {
      this.#revokedAt.set(userId, performance.now());
    });
  }

  onModuleDestroy(): void {
    this.#unsubscribe();
  }

  /** @throws SeamError `stream-ticket/too-many` */
  async issue(userId: number): Promise<IssuedTicket> {
    const seconds = this.settings.STREAM_TICKET_SECONDS;
    const ticket = randomBytes(32).toString('base64url');
    const [issued] = await this.database.query<{ expiresAt: Date }[]>(ISSUE, [
      hashOf(ticket),
      userId,
      seconds,
    ]);
    if (!issued) throw new SeamError('stream-ticket/too-many', { data: { retryAfter: seconds } });
    return { ticket, expiresAt: issued.expiresAt };
  }

  /**
   * Redeems a ticket. @returns the user's id
   * @throws SeamError `ticket/is-invalid` for a used, expired or unknown ticket, and for one issued before the user's credentials
   *   were revoked
   */
  async redeem(ticket: string): Promise<number> {
    const [taken] = await this.database.query<{ userId: number; age: number }[]>(REDEEM, [
      hashOf(ticket),
      this.settings.STREAM_TICKET_SECONDS,
    ]);
    if (!taken) throw new SeamError('ticket/is-invalid');
    const { userId, age } = taken;
    // Spans of time are compared, since the clock of the database may be another.
    const revokedAt = this.#revokedAt.get(userId);
    if (revokedAt !== undefined && performance.now() - age <= revokedAt)
      throw new SeamError('ticket/is-invalid');
    return userId;
  }
}

/** Only the hash is stored, so a ticket cannot be read from the database. */
const hashOf = (ticket: string) => createHash('sha256').update(ticket).digest();
