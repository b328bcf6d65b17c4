import { job } from '@tearline/events';
import { z } from 'zod';
import { KINDS } from '../kind.js';

/** Sends one user an e-mail of the notification of this kind and article, if it is unread still. */
export const SendEmail = job('notifications.email', {
  payload: z.object({
    userId: z.int().positive(),
    kind: z.enum(KINDS),
    articleId: z.int().nonnegative(),
  }),
  timeoutMs: 60_000,
});
