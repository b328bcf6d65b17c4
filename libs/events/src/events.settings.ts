import { numberSetting } from '@tearline/settings';
import { z } from 'zod';
import type { BrokerOptions } from './broker/broker.js';

const url = (expected: string, ...protocols: string[]) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    error: `expected a URL such as ${expected}`,
  });

/** Settings of events and background work. */
export const eventsSettings = {
  REDIS_URL: url('redis://host:6379', 'redis:', 'rediss:').optional().meta({
    description: 'Redis that holds the queues and the second level of the cache',
    secret: true,
    assigned: true,
  }),
  QUEUES_DATABASE_URL: url(
    'postgres://tearline_queues:<password>@host:5432/tearline',
    'postgres:',
    'postgresql:',
  )
    .optional()
    .meta({
      description: 'PostgreSQL that holds the queues, with their own role; unused with REDIS_URL',
      secret: true,
      assigned: true,
    }),
  EVENTS_CONCURRENCY: numberSetting(1, 99)
    .default(2)
    .meta({ description: 'events that one module handles at once in a process' }),
  OPERATOR_PASSWORD: z.string().min(12, { error: 'expected at least 12 characters' }).optional().meta({
    description: "password of the user `operator` of the queues' board at /queues",
    secret: true,
    assigned: true,
  }),
};

/**
 * Returns where the queues are: on Redis if `REDIS_URL` is set, else on PostgreSQL.
 * @throws Error when neither is set
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
    'REDIS_URL, QUEUES_DATABASE_URL: expected one of them for the queues: ' +
      'redis://host:6379, or postgres://tearline_queues:<password>@host:5432/tearline',
  );
}
