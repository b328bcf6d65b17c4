import { Inject, Injectable } from '@nestjs/common';
import { InjectOutbox, Outbox } from '@tearline/events';
import type { EntityManager } from 'typeorm';
import type { Kind } from '../kind.js';
import { NOTIFICATIONS_SETTINGS, type NotificationsSettings } from '../notifications.settings.js';
import { SendEmail } from './email.job.js';

const WHO_WANTS = `
  select user_id as "userId" from preferences where user_id = any($1::bigint[]) and $2 = any(email)`;

/** New notifications of one kind. */
export interface Notified {
  kind: Kind;
  articleId: number;
  userIds: readonly number[];
}

/** Has e-mails sent to those who want them, when the notification is committed. */
@Injectable()
export class MailQueue {
  readonly #isOff: boolean;
  readonly #delayMs: number;

  constructor(
    @Inject(NOTIFICATIONS_SETTINGS) { SMTP_URL, MAIL_FROM, MAIL_DELAY_SECONDS }: NotificationsSettings,
    @InjectOutbox('notifications') private readonly outbox: Outbox,
  ) {
    this.#isOff = SMTP_URL === undefined || MAIL_FROM === undefined;
    this.#delayMs = MAIL_DELAY_SECONDS * 1_000;
  }

  /** In the caller's transaction. */
  async add(manager: EntityManager, { kind, articleId, userIds }: Notified): Promise<void> {
    if (this.#isOff) return;
    const wanting = await manager.query<{ userId: number }[]>(WHO_WANTS, [userIds, kind]);
    for (const { userId } of wanting)
      await this.outbox.enqueue(manager, SendEmail, { userId, kind, articleId }, { delayMs: this.#delayMs });
  }
}
