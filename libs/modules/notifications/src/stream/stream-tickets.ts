import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { SeamError } from '@tearline/seam';
import type { DataSource } from 'typeorm';
import { NOTIFICATIONS_SETTINGS, type NotificationsSettings } from '../notifications.settings.js';

/** Tickets of one user that wait to be used. */
const MOST_OF_A_USER = 20;

const ISSUE = `
  with expired as (
    delete from tickets where user_id = $2 and expires_at <= now()
  )
  insert into tickets (hash, user_id, expires_at)
  select $1, $2, now() + make_interval(secs => $3)
   where (select count(*) from tickets where user_id = $2 and expires_at > now()) < ${MOST_OF_A_USER}
  returning expires_at as "expiresAt"`;

const REDEEM = `
  with taken as (
    delete from tickets where hash = $1 returning user_id, expires_at
  )
  select user_id as "userId" from taken where expires_at > now()`;

/** A ticket as its owner gets it. */
export interface IssuedTicket {
  ticket: string;
  expiresAt: Date;
}

/**
 * What opens one stream, once: a browser's EventSource cannot send a token in a header, and a token in an address would
 * be written down by everybody on the way.
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
   * Takes a ticket back for good. @returns whose it was
   * @throws SeamError `ticket/is-invalid` for one that is used, expired or made up
   */
  async redeem(ticket: string): Promise<number> {
    const [taken] = await this.database.query<{ userId: number }[]>(REDEEM, [hashOf(ticket)]);
    if (!taken) throw new SeamError('ticket/is-invalid');
    return taken.userId;
  }
}

/** A ticket that is read in the database opens nothing. */
const hashOf = (ticket: string) => createHash('sha256').update(ticket).digest();
