import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Transporter } from 'nodemailer';
import { NOTIFICATIONS_SETTINGS, type NotificationsSettings } from '../notifications.settings.js';
import type { EmailText } from './email-text.js';

/** The recipient and the message id, which are the same in every attempt. */
export interface Envelope {
  to: string;
  /** The part of the Message-ID before the at sign. */
  id: string;
}

/** Sends e-mail through the configured SMTP server. */
@Injectable()
export class Mailer implements OnModuleDestroy {
  readonly #from: string;
  readonly #domain: string;
  readonly #url: string | undefined;
  #transport: Promise<Transporter> | undefined;

  constructor(@Inject(NOTIFICATIONS_SETTINGS) { SMTP_URL, MAIL_FROM }: NotificationsSettings) {
    this.#from = MAIL_FROM ?? '';
    this.#domain = /@([^\s<>]+)>?$/.exec(this.#from)?.[1] ?? '';
    this.#url = MAIL_FROM === undefined ? undefined : SMTP_URL;
  }

  get isOff(): boolean {
    return this.#url === undefined;
  }

  /** Resolves when the server has accepted the message. @throws Error of nodemailer, see {@link smtpOutcomeOf} */
  async send({ to, id }: Envelope, { subject, text, html }: EmailText): Promise<void> {
    const transport = await (this.#transport ??= this.open());
    await transport.sendMail({
      from: this.#from,
      // An object is one address; a string would be parsed as a list of addresses.
      to: { name: '', address: to },
      messageId: `<${id}@${this.#domain}>`,
      subject,
      text,
      html,
      headers: { 'auto-submitted': 'auto-generated' },
    });
  }

  async onModuleDestroy(): Promise<void> {
    (await this.#transport)?.close();
  }

  /** Loads nodemailer with the first message. */
  private async open(): Promise<Transporter> {
    const { createTransport } = await import('nodemailer');
    // One connection per message: a pool would silently resend messages whose outcome a broken connection left unknown.
    return createTransport({
      url: this.#url!,
      connectionTimeout: 10_000,
      greetingTimeout: 10_000,
      socketTimeout: 20_000,
      dnsTimeout: 10_000,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }
}
