import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { SeamError } from '@tearline/seam';
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
  select user_id as "userId" from taken where expires_at > now()`;

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
export class StreamTickets {
  constructor(
    @InjectDataSource('notifications') private readonly database: DataSource,
    @Inject(NOTIFICATIONS_SETTINGS) private readonly settings: NotificationsSettings,
  ) {}

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
   * @throws SeamError `ticket/is-invalid` for a used, expired or unknown ticket
   */
  async redeem(ticket: string): Promise<number> {
    const [taken] = await this.database.query<{ userId: number }[]>(REDEEM, [hashOf(ticket)]);
    if (!taken) throw new SeamError('ticket/is-invalid');
    return taken.userId;
  }
}

/** Only the hash is stored, so a ticket cannot be read from the database. */
const hashOf = (ticket: string) => createHash('sha256').update(ticket).digest();
