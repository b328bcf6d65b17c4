import { CONSISTENCY_LEVELS } from '@tearline/seam';
import { z } from 'zod';

/** Connections of a module by default: for requests, event handlers and the relay of its outbox. */
export const CONNECTIONS_PER_MODULE = 5;
export const DEFAULT_MAX_LAG_MS = 5_000;

/** The environment variables of a host that this library reads, for `readSettings`. */
export const databaseSettings = {
  DATABASE_CONNECTIONS: z
    .string()
    .regex(/^\d{1,5}$/, { error: 'must be a whole number', abort: true })
    .transform(Number)
    .refine((count) => count >= 2, { error: 'must be at least 2' })
    .optional()
    .meta({
      description: `Connections to each PostgreSQL server, divided evenly among the modules; ${CONNECTIONS_PER_MODULE} per module by default.`,
    }),
  CONSISTENCY: z
    .enum(CONSISTENCY_LEVELS, { error: `must be one of ${CONSISTENCY_LEVELS.join(', ')}` })
    .default('session')
    .meta({ description: 'Consistency level of reads that do not ask for one.' }),
  CONSISTENCY_SECRET: z
    .string()
    .refine((text) => text.split(',').every((secret) => secret.trim().length >= 16), {
      error: 'must have at least 16 characters',
    })
    .optional()
    .meta({
      description:
        'Signs consistency tokens; the same on all hosts. A second secret, after a comma, is accepted and not used for signing.',
      secret: true,
    }),
  REPLICA_MAX_LAG_MS: z
    .string()
    .regex(/^[1-9]\d{0,6}$/, { error: 'must be a whole number of milliseconds', abort: true })
    .transform(Number)
    .refine((milliseconds) => milliseconds <= 300_000, { error: 'must be at most 300000' })
    .default(DEFAULT_MAX_LAG_MS)
    .meta({ description: 'Replication lag in milliseconds above which a replica serves no reads.' }),
};
