import { jwksSetting } from '@tearline/auth';
import { replicationSettings } from '@tearline/database';
import { hostSettings } from '@tearline/host';
import { z } from 'zod';

/** The environment variables of the monolith; each module reads its own besides. */
export const monolithSettings = {
  ...hostSettings,
  ...replicationSettings,
  /** Where hosts remember together what callers have written; each for itself without it. */
  REDIS_URL: z.string().optional(),
  /** Connections to PostgreSQL, divided evenly among the modules. */
  DATABASE_CONNECTIONS: z.coerce
    .number({ error: 'must be a whole number' })
    .int()
    .min(2)
    .max(10_000)
    .default(20),
  /** Public keys that tokens are checked with. */
  AUTH_JWKS: jwksSetting,
};
