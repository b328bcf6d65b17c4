import { Inject, Injectable } from '@nestjs/common';
import { InjectOutbox, job, Outbox } from '@tearline/events';
import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import { type Kind, KINDS } from '../notification-row.js';
import { NOTIFICATIONS_SETTINGS, type NotificationsSettings } from '../notifications.settings.js';

const SUBSCRIBED = `
  select user_id as "userId" from preferences where user_id = any($1::bigint[]) and $2 = any(email)`;

/** Sends a user an e-mail of the unread notification of this kind and article. */
export const SendEmail = job('notifications.email', {
  payload: z.object({
    userId: z.int().positive(),
    kind: z.enum(KINDS),
    articleId: z.int().nonnegative(),
  }),
  timeoutMs: 60_000,
});

/** New notifications of one kind. */
export interface NewNotifications {
  kind: Kind;
  articleId: number;
  userIds: readonly number[];
}

/** Enqueues e-mails to the users whose preferences ask for them. */
@Injectable()
export class EmailQueue {
  readonly #isOff: boolean;
  readonly #delayMs: number;

  constructor(
    @Inject(NOTIFICATIONS_SETTINGS) { SMTP_URL, MAIL_FROM, MAIL_DELAY_SECONDS }: NotificationsSettings,
    @InjectOutbox('notifications') private readonly outbox: Outbox,
  ) {
    this.#isOff = SMTP_URL === undefined || MAIL_FROM === undefined;
    this.#delayMs = MAIL_DELAY_SECONDS * 1_000;
  }

  /** Enqueues in the caller's transaction. */
  async add(manager: EntityManager, { kind, articleId, userIds }: NewNotifications): Promise<void> {
    if (this.#isOff) return;
    const subscribed = await manager.query<{ userId: number }[]>(SUBSCRIBED, [userIds, kind]);
    for (const { userId } of subscribed)
      await this.outbox.enqueue(manager, SendEmail, { userId, kind, articleId }, { delayMs: this.#delayMs });
  }
}
