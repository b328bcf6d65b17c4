import { z } from 'zod';

/** A session of the user's. */
const Session = z.object({
  id: z.string(),
  userAgent: z.string(),
  createdAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  /** Whether it is the one of this request. */
  current: z.boolean(),
});

export const SessionBody = z.object({
  session: Session,
  /** For the header `X-CSRF-Token` of writes. */
  csrfToken: z.string(),
});
export type SessionBody = z.infer<typeof SessionBody>;

export const SessionsBody = z.object({ sessions: z.array(Session) });
export type SessionsBody = z.infer<typeof SessionsBody>;
