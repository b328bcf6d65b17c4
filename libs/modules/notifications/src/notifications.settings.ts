import { numberSetting, readSettings, urlSetting } from '@tearline/settings';
import { z } from 'zod';

/** The default of `STREAMS_MAX` where memory and open files suffice. */
export const MAX_STREAMS = 10_000;

export const settings = {
  SMTP_URL: urlSetting({
    example: 'smtp://user:password@mail.example.com:587',
    schemes: ['smtp', 'smtps'],
  })
    .optional()
    .meta({
      description: 'SMTP server for e-mail: `smtp://user:password@mail.example.com:587`, or `smtps://`',
      secret: true,
    }),
  MAIL_FROM: z
    .string()
    .regex(
      /^([^<>@\p{Cc}]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/u,
      'expected an address such as Conduit <hello@example.com>',
    )
    .optional()
    .meta({
      description:
        'sender of e-mail: `Conduit <hello@example.com>`; no e-mail is sent without it and `SMTP_URL`',
    }),
  MAIL_DELAY_SECONDS: numberSetting(0, 86_400)
    .default(60)
    .meta({ description: 'seconds that a notification waits before it is sent by e-mail' }),
  MAILS_PER_HOUR: numberSetting(1, 10_000)
    .default(20)
    .meta({ description: 'e-mails to one user in an hour; further ones are not sent' }),
  STREAM_TICKET_SECONDS: numberSetting(1, 3_600)
    .default(30)
    .meta({ description: 'seconds for which a ticket opens a stream' }),
  STREAMS_MAX: numberSetting(1, 1_000_000).optional().meta({
    description: 'concurrent notification streams of a process; further ones get 503',
    defaultText: 'what [memory and open files](operations.md#connections) allow, at most 10000',
    edge: true,
  }),
};

export type NotificationsSettings = z.output<z.ZodObject<typeof settings>>;

export const NOTIFICATIONS_SETTINGS = Symbol('notifications settings');

/** @throws SettingsError that names every wrong variable */
export function notificationsSettings(): NotificationsSettings {
  return readSettings(settings);
}
