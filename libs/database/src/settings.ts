import { CONSISTENCY_LEVELS } from '@tearline/seam';
import { numberSetting, oneOfSetting } from '@tearline/settings';
import { z } from 'zod';

/** The default for each module of a process: for its requests, its event handlers and the relay of its outbox. */
export const CONNECTIONS_PER_MODULE = 5;
export const DEFAULT_MAX_LAG_MS = 5_000;

/** The settings of databases, replicas and consistency. */
export const databaseSettings = {
  DATABASE_CONNECTIONS: numberSetting(2, 99_999)
    .optional()
    .meta({
      description:
        'connections of a process to each server for its modules, divided evenly among them; checked against the limit of the servers, with 5 for the queues',
      defaultText: `${CONNECTIONS_PER_MODULE} for each module`,
    }),
  DATABASE_REPLICA_URLS: z.string().optional().meta({
    description:
      '[replicas](replicas.md) of the database, e.g. `postgres://db-2,postgres://db-3`; modules log in there with their own roles',
    assigned: true,
  }),
  CONSISTENCY: oneOfSetting(...CONSISTENCY_LEVELS)
    .default('session')
    .meta({
      description:
        'default [consistency of reads](replicas.md#what-a-read-sees): `session`, `strong` or `eventual`',
    }),
  CONSISTENCY_SECRET: z
    .string()
    .refine((text) => text.split(',').every((secret) => secret.trim().length >= 16), {
      error: 'expected at least 16 characters',
    })
    .optional()
    .meta({
      description:
        'secret that seals [consistency tokens](replicas.md#sessions), at least 16 characters, the same for all hosts; after a comma a previous one that still opens them',
      defaultText: 'generated in development',
      secret: true,
      assigned: true,
    }),
  REPLICA_MAX_LAG_MS: numberSetting(1, 300_000)
    .default(DEFAULT_MAX_LAG_MS)
    .meta({ description: 'milliseconds that a replica may lag before it serves no reads' }),
};
