import { countSetting, readSettings } from '@tearline/host';
import { z } from 'zod';

/** The environment variables of the module. */
const shape = {
  /** The SMTP server; e-mail is off without it or without `MAIL_FROM`. */
  SMTP_URL: z
    .string()
    .refine((value) => URL.canParse(value) && /^smtps?:$/.test(new URL(value).protocol), {
      error: 'must be a URL such as smtp://user:password@mail.example.com:587',
    })
    .optional(),
  /** The sender: an address, or a name with one in angle brackets. */
  MAIL_FROM: z
    .string()
    .regex(
      /^(?:[^<>@\r\n]*<)?[^\s<>@]+@[^\s<>@]+>?$/,
      'must be an address such as Conduit <hello@example.com>',
    )
    .optional(),
  /** Seconds until a notification is sent by e-mail, in which it may be read, grouped or withdrawn. */
  MAIL_DELAY_SECONDS: countSetting(0, 86_400).default(60),
  /** E-mails to one user per hour; further ones are not sent. */
  MAILS_PER_HOUR: countSetting(1, 10_000).default(20),
  /** Seconds until a stream ticket expires. */
  STREAM_TICKET_SECONDS: countSetting(1, 3_600).default(30),
  /** Open streams per process; further ones are refused with 503. */
  STREAMS_MAX: countSetting(1, 1_000_000).default(10_000),
};

export type NotificationsSettings = z.output<z.ZodObject<typeof shape>>;

export const NOTIFICATIONS_SETTINGS = Symbol('notifications settings');

/** @throws SettingsError that names every wrong variable */
export function notificationsSettings(): NotificationsSettings {
  return readSettings(shape, process.env);
}
