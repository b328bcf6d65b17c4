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
import { SendEmail } from './email.job.js';
import { MailBook } from './mail-book.js';
import { Mailer } from './mailer.js';
import { outcomeOf } from './outcome.js';

/** What is older is no news. */
const OLDEST_MS = 24 * 3_600_000;

/** Sends notifications by e-mail. */
@Subscriber('notifications')
@Injectable()
export class Emails {
  readonly #log = new Logger(Emails.name);
  readonly #ended: Counter<'outcome'>;
  readonly #doubled: Counter;

  constructor(
    @Inject(NOTIFICATIONS_SETTINGS) private readonly settings: NotificationsSettings,
    @Seam(IdentityContract) private readonly identity: Identity,
    private readonly reads: NotificationReads,
    private readonly views: NotificationViews,
    private readonly preferences: PreferencesService,
    private readonly book: MailBook,
    private readonly mailer: Mailer,
    @Optional() registry: Registry = new Registry(),
  ) {
    this.#ended = new Counter({
      name: 'emails_total',
      help: 'Attempts to send an e-mail, by how they ended',
      labelNames: ['outcome'],
      registers: [registry],
    });
    this.#doubled = new Counter({
      name: 'emails_possibly_doubled_total',
      help: 'E-mails sent again because it was not known whether an earlier attempt had arrived',
      registers: [registry],
    });
  }

  @OnJob(SendEmail)
  async send({ userId, kind, articleId }: JobPayloadOf<typeof SendEmail>, job: RunningJob): Promise<void> {
    const row = await this.reads.open(userId, kind, articleId);
    if (!row || this.mailer.isOff || row.createdAt.getTime() < Date.now() - OLDEST_MS) return;
    if (!(await this.preferences.of(userId))[kind]) return;
    const [[person], [shown]] = await Promise.all([
      this.identity.emailsByIds({ ids: [userId] }),
      this.views.of([row]),
    ]);
    const isGone = articleId !== 0 && shown!.article === null;
    if (!person || isGone) return;
    const attempt = await this.book.begin(userId, row.id, this.settings.MAILS_PER_HOUR);
    if (!attempt) return;
    if (attempt.isInDoubt) this.#doubled.inc();
    if (await this.handIn(userId, row.id, person.email, emailText(shown!)))
      await job.complete((manager) => this.book.end(userId, row.id, 'sent', manager));
  }

  /** @returns whether the server has taken it; it is not asked again when it has refused */
  private async handIn(userId: number, id: number, to: string, text: EmailText): Promise<boolean> {
    try {
      await this.mailer.send({ to, id: `notification.${userId}.${id}` }, text);
      this.#ended.inc({ outcome: 'sent' });
      return true;
    } catch (error) {
      const outcome = outcomeOf(error);
      this.#ended.inc({ outcome });
      if (outcome !== 'unknown') await this.book.end(userId, id, outcome);
      this.#log.warn({ err: error, userId, outcome }, 'e-mail not sent');
      if (outcome === 'refused') return false;
      // The server is away or busy, which is not the job's fault.
      throw new SeamError('unavailable', { cause: error });
    }
  }
}
