import { CONSISTENCY_LEVELS } from '@tearline/seam';
import {
  checkedSetting,
  moduleVariable,
  numberSetting,
  oneOfSetting,
  urlMistake,
  serverUrls,
} from '@tearline/settings';
import { z } from 'zod';

/** The default for each module of a process: for its requests, its event handlers and the relay of its outbox. */
export const CONNECTIONS_PER_MODULE = 5;
export const DEFAULT_MAX_LAG_MS = 5_000;

const mistakeIn = (urls: readonly string[], example: string) =>
  urls.map((url) => urlMistake(url, { example, schemes: ['postgres', 'postgresql'] })).find(Boolean);

const databaseUrl = checkedSetting((url) =>
  mistakeIn(serverUrls(url), 'postgres://<role>:<password>@host:5432/tearline'),
).optional();

/** A comma also stands between the hosts of one URL. */
const listOfUrls = (text: string) =>
  text.split(/,(?=\s*[a-z]+:\/\/)/).flatMap((url) => serverUrls(url.trim()));

const replicaUrls = checkedSetting((text) =>
  mistakeIn(listOfUrls(text), 'postgres://db-2:5432/tearline, or a comma-separated list of them'),
)
  .transform(listOfUrls)
  .optional();

/** The setting of the database's owner. */
export const ownerSettings = {
  DATABASE_URL: databaseUrl.meta({
    description: 'owner of the database; in production only `npm run migrate` reads it',
    defaultText: 'an embedded database',
    secret: true,
    assigned: true,
  }),
  DEPLOYMENT_DATABASE_URL: databaseUrl.meta({
    description:
      'owner of another database of the same [deployment](operations.md#the-identity-of-a-deployment), where modules are on several servers; only `npm run migrate` reads it',
    secret: true,
    assigned: true,
  }),
  TARGET_DATABASE_URL: databaseUrl.meta({
    description:
      "owner of the other database of a [move](move-data.md) of a module's data; only `npm run data` reads it",
    secret: true,
    assigned: true,
  }),
};

/** Returns the name of the setting with a module's database URL. */
export const databaseUrlVariable = (module: string) => moduleVariable(module, 'DATABASE_URL');

/** Returns the name of the setting with the URLs of a module's replicas. */
export const replicaUrlsVariable = (module: string) => moduleVariable(module, 'DATABASE_REPLICA_URLS');

/** Returns the setting with the database URL of each module. */
export const databaseUrlSettings = (modules: readonly string[]) =>
  Object.fromEntries(
    modules.map((module) => [
      databaseUrlVariable(module),
      databaseUrl.meta({
        description: 'database of the module, with its own role; required in production',
        defaultText: 'derived from `DATABASE_URL`',
        secret: true,
        assigned: true,
      }),
    ]),
  );

/** Returns the setting with the replicas of each module. */
export const replicaUrlsSettings = (modules: readonly string[]) =>
  Object.fromEntries(
    modules.map((module) => [
      replicaUrlsVariable(module),
      replicaUrls.meta({
        description: "[replicas](replicas.md) of the module's database, separated by commas",
        defaultText: 'derived from `DATABASE_REPLICA_URLS`',
        secret: true,
        assigned: true,
      }),
    ]),
  );

/** The settings of databases, replicas and consistency. */
export const databaseSettings = {
  DATABASE_CONNECTIONS: numberSetting(2, 99_999)
    .optional()
    .meta({
      description:
        'connections of a process to each server for its modules, divided evenly among them; checked against the limit of the servers, with 5 for the queues',
      defaultText: `${CONNECTIONS_PER_MODULE} for each module`,
    }),
  DATABASE_REPLICA_URLS: replicaUrls.meta({
    description:
      '[replicas](replicas.md) of the database, e.g. `postgres://db-2,postgres://db-3`; modules log in there with their own roles',
    secret: true,
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
