import { z } from 'zod';

/** What a module gets unless told otherwise: for its requests, its handlers of events, and its outbox's relay. */
export const CONNECTIONS_PER_MODULE = 5;

/** The environment variable `DATABASE_CONNECTIONS`, for `readSettings`. */
export const connectionsSetting = z
  .string()
  .regex(/^\d{1,5}$/, { error: 'must be a whole number', abort: true })
  .transform(Number)
  .refine((count) => count >= 2, { error: 'must be at least 2' });
