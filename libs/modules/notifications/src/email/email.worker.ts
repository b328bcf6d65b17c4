import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { type JobPayloadOf, OnJob, type RunningJob, Subscriber } from '@tearline/events';
import { type Identity, IdentityContract } from '@tearline/modules/identity/contract';
import { Seam, SeamError } from '@tearline/seam';
import { Counter, Registry } from 'prom-client';
import { NotificationReads } from '../notification-reads.js';
import { NotificationViews } from '../notification-views.js';
import { NOTIFICATIONS_SETTINGS, type NotificationsSettings } from '../notifications.settings.js';
import { PreferencesService } from '../preferences/preferences.service.js';
import { type EmailText, emailText } from './email-text.js';
import { SendEmail } from './email-queue.js';
import { EmailLog } from './email-log.js';
import { Mailer } from './mailer.js';
import { smtpOutcomeOf } from './smtp-outcome.js';

/** Older notifications are not sent. */
const MAX_AGE_MS = 24 * 3_600_000;

/** Sends notifications by e-mail. */
@Subscriber('notifications')
@Injectable()
export class EmailWorker {
  readonly #log = new Logger(EmailWorker.name);
  readonly #attempts: Counter<'outcome'>;
  readonly #possibleDuplicates: Counter;

  constructor(
    @Inject(NOTIFICATIONS_SETTINGS) private readonly settings: NotificationsSettings,
    @Seam(IdentityContract) private readonly identity: Identity,
    private readonly reads: NotificationReads,
    private readonly views: NotificationViews,
    private readonly preferences: PreferencesService,
    private readonly emailLog: EmailLog,
    private readonly mailer: Mailer,
    @Optional() registry: Registry = new Registry(),
  ) {
    this.#attempts = new Counter({
      name: 'emails_total',
      help: 'Attempts to send an e-mail, by outcome',
      labelNames: ['outcome'],
      registers: [registry],
    });
    this.#possibleDuplicates = new Counter({
      name: 'emails_possibly_doubled_total',
      help: 'E-mails sent again after an attempt with an unknown outcome',
      registers: [registry],
    });
  }

  @OnJob(SendEmail)
  async send({ userId, kind, articleId }: JobPayloadOf<typeof SendEmail>, job: RunningJob): Promise<void> {
    const row = await this.reads.open(userId, kind, articleId);
    if (!row || this.mailer.isOff || row.createdAt.getTime() < Date.now() - MAX_AGE_MS) return;
    if (!(await this.preferences.of(userId))[kind]) return;
    const [[recipient], [shown]] = await Promise.all([
      this.identity.emailsByIds({ ids: [userId] }),
      this.views.of([row]),
    ]);
    const isDeleted = articleId !== 0 && shown!.article === null;
    if (!recipient || isDeleted) return;
    const attempt = await this.emailLog.begin(userId, row.id, this.settings.MAILS_PER_HOUR);
    if (!attempt) return;
    if (attempt.mayBeDuplicate) this.#possibleDuplicates.inc();
    if (await this.deliver(userId, row.id, recipient.email, emailText(shown!)))
      await job.complete((manager) => this.emailLog.end(userId, row.id, 'sent', manager));
  }

  /** @returns whether the server accepted the message; false when it refused it for good */
  private async deliver(userId: number, id: number, to: string, text: EmailText): Promise<boolean> {
    try {
      await this.mailer.send({ to, id: `notification.${userId}.${id}` }, text);
      this.#attempts.inc({ outcome: 'sent' });
      return true;
    } catch (error) {
      const outcome = smtpOutcomeOf(error);
      this.#attempts.inc({ outcome });
      if (outcome !== 'unknown') await this.emailLog.end(userId, id, outcome);
      this.#log.warn({ err: error, userId, outcome }, 'e-mail not sent');
      if (outcome === 'refused') return false;
      // An infrastructure error: it does not count as a failed attempt of the job.
      throw new SeamError('unavailable', { cause: error });
    }
  }
}
