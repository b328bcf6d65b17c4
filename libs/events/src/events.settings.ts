import {
  checkedSetting,
  numberSetting,
  serverUrls,
  SettingsError,
  urlMistake,
  urlSetting,
} from '@tearline/settings';
import { z } from 'zod';
import type { BrokerOptions } from './broker/broker.js';

const redisUrl = urlSetting({
  example: 'redis://host:6379',
  schemes: ['redis', 'rediss'],
  check: ({ pathname }) =>
    /^(\/\d{0,4})?$/.test(pathname) ? undefined : "what follows '/' is not the number of a database",
});
const queuesRules = {
  example: 'postgres://tearline_queues:<password>@host:5432/tearline',
  schemes: ['postgres', 'postgresql'],
};
const queuesUrl = checkedSetting((url) =>
  serverUrls(url)
    .map((server) => urlMistake(server, queuesRules))
    .find(Boolean),
);

/** Settings of events and background work. */
export const eventsSettings = {
  REDIS_URL: redisUrl.optional().meta({
    description:
      'Redis that holds the queues, the second level of the cache and the counters of failed logins',
    secret: true,
    assigned: true,
  }),
  QUEUES_DATABASE_URL: queuesUrl.optional().meta({
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
 * @throws SettingsError when neither is set
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
  throw new SettingsError([
    'REDIS_URL, QUEUES_DATABASE_URL: expected one of them for the queues: ' +
      'redis://host:6379, or postgres://tearline_queues:<password>@host:5432/tearline',
  ]);
}
