import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { createTransport, type Transporter } from 'nodemailer';
import { NOTIFICATIONS_SETTINGS, type NotificationsSettings } from '../notifications.settings.js';
import type { EmailText } from './email-text.js';

/** Where an e-mail goes, and what it goes by: the same in every attempt. */
export interface Envelope {
  to: string;
  /** The part of the Message-ID before the at sign. */
  id: string;
}

/** Hands e-mail in at the SMTP server, if there is one. */
@Injectable()
export class Mailer implements OnModuleDestroy {
  readonly #from: string;
  readonly #domain: string;
  readonly #transport: Transporter | undefined;

  constructor(@Inject(NOTIFICATIONS_SETTINGS) { SMTP_URL, MAIL_FROM }: NotificationsSettings) {
    this.#from = MAIL_FROM ?? '';
    this.#domain = /@([^\s<>]+)>?$/.exec(this.#from)?.[1] ?? '';
    if (SMTP_URL === undefined || MAIL_FROM === undefined) return;
    // A connection for each: a pool would send what a broken connection leaves in doubt again by itself, uncounted.
    this.#transport = createTransport({
      url: SMTP_URL,
      connectionTimeout: 10_000,
      greetingTimeout: 10_000,
      socketTimeout: 20_000,
      dnsTimeout: 10_000,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  get isOff(): boolean {
    return this.#transport === undefined;
  }

  /** Resolves when the server has taken the message over. @throws Error of nodemailer, see {@link outcomeOf} */
  async send({ to, id }: Envelope, { subject, text, html }: EmailText): Promise<void> {
    await this.#transport!.sendMail({
      from: this.#from,
      // An object is an address, whatever it contains; a text would be parsed as a list of them.
      to: { name: '', address: to },
      messageId: `<${id}@${this.#domain}>`,
      subject,
      text,
      html,
      headers: { 'auto-submitted': 'auto-generated' },
    });
  }

  onModuleDestroy(): void {
    this.#transport?.close();
  }
}
