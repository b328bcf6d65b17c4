import { z } from 'zod';
import type { BrokerOptions } from './broker/broker.js';

const isUrlOf = (text: string, ...protocols: string[]) =>
  URL.canParse(text) && protocols.includes(new URL(text).protocol);

/** The environment variables of events and background work, as a shape for `readSettings`. */
export const eventsSettings = {
  /** Where the queues are on Redis. */
  REDIS_URL: z
    .string()
    .refine((url) => isUrlOf(url, 'redis:', 'rediss:'), { error: 'must be like redis://host:6379' })
    .optional(),
  /** Where they are on PostgreSQL, with a role of their own; not used with `REDIS_URL`. */
  QUEUES_DATABASE_URL: z
    .string()
    .refine((url) => isUrlOf(url, 'postgres:', 'postgresql:'), {
      error: 'must be like postgres://tearline_queues:<password>@host:5432/tearline',
    })
    .optional(),
  /** Events that one module handles at once in a process. */
  EVENTS_CONCURRENCY: z
    .string()
    .regex(/^[1-9]\d?$/, { error: 'must be a whole number from 1 to 99' })
    .transform(Number)
    .default(2),
  /** Opens the queues' board at `/queues` to the user `operator`. */
  OPERATOR_PASSWORD: z.string().min(12, { error: 'must have at least 12 characters' }).optional(),
};

/**
 * Where the queues are: on Redis where there is one, else on PostgreSQL.
 * @throws Error when neither is named
 */
export function brokerOptions({
  REDIS_URL: redisUrl,
  QUEUES_DATABASE_URL: databaseUrl,
}: {
  readonly REDIS_URL?: string | undefined;
  readonly QUEUES_DATABASE_URL?: string | undefined;
}): BrokerOptions {
  if (redisUrl !== undefined) return { redisUrl };
  if (databaseUrl !== undefined) return { databaseUrl };
  throw new Error(
    'REDIS_URL and QUEUES_DATABASE_URL are both missing; queues need one of them: ' +
      'redis://host:6379, or a role in PostgreSQL such as postgres://tearline_queues:<password>@host:5432/tearline',
  );
}
