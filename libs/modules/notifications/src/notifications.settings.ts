import { countSetting, readSettings } from '@tearline/host';
import { z } from 'zod';

/** The environment variables of the module. */
const shape = {
  /** Where e-mail is handed in; without it and `MAIL_FROM` none is sent. */
  SMTP_URL: z
    .string()
    .refine((value) => URL.canParse(value) && /^smtps?:$/.test(new URL(value).protocol), {
      error: 'must be a URL such as smtp://user:password@mail.example.com:587',
    })
    .optional(),
  /** Whom e-mail is from: an address, or a name with one in angle brackets. */
  MAIL_FROM: z
    .string()
    .regex(
      /^(?:[^<>@\r\n]*<)?[^\s<>@]+@[^\s<>@]+>?$/,
      'must be an address such as Conduit <hello@example.com>',
    )
    .optional(),
  /** Seconds that a notification waits before it is sent by e-mail: it may be read, joined by others or taken back. */
  MAIL_DELAY_SECONDS: countSetting(0, 86_400).default(60),
  /** E-mails to one user within an hour; what is more is not sent. */
  MAILS_PER_HOUR: countSetting(1, 10_000).default(20),
  /** Seconds within which a ticket must open its stream. */
  STREAM_TICKET_SECONDS: countSetting(1, 3_600).default(30),
  /** Streams open at once, in one process; further ones are answered with 503. */
  STREAMS_MAX: countSetting(1, 1_000_000).default(10_000),
};

export type NotificationsSettings = z.output<z.ZodObject<typeof shape>>;

export const NOTIFICATIONS_SETTINGS = Symbol('notifications settings');

/** @throws SettingsError that names every wrong variable */
export function notificationsSettings(): NotificationsSettings {
  return readSettings(shape, process.env);
}
