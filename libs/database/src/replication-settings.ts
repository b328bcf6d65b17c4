import { CONSISTENCY_LEVELS } from '@tearline/seam';
import { z } from 'zod';

/** The environment variables of what reads see, for `readSettings`. */
export const replicationSettings = {
  /** What a read sees that does not say: what its caller has written, what anybody has, or what there is. */
  CONSISTENCY: z
    .enum(CONSISTENCY_LEVELS, { error: `must be one of ${CONSISTENCY_LEVELS.join(', ')}` })
    .default('session'),
  /** Seals the tokens that clients bring back; the same for all hosts. After a comma one that only opens them. */
  CONSISTENCY_SECRET: z
    .string()
    .refine((text) => text.split(',').every((secret) => secret.trim().length >= 16), {
      error: 'must have at least 16 characters',
    })
    .optional(),
  /** Milliseconds that a replica may be behind before it is asked no more. */
  REPLICA_MAX_LAG_MS: z
    .string()
    .regex(/^[1-9]\d{0,6}$/, { error: 'must be a whole number of milliseconds', abort: true })
    .transform(Number)
    .refine((milliseconds) => milliseconds <= 300_000, { error: 'must be at most 300000' })
    .default(5_000),
};
