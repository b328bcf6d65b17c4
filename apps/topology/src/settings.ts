import { CONNECTIONS_PER_MODULE, databaseSettings } from '@tearline/database';
import { cdnSettings } from '@tearline/cache';
import { eventsSettings } from '@tearline/events';
import { hostSettings } from '@tearline/host';
import { developmentSettings } from '@tearline/composition';
import { type Environment, numberSetting, readSettings } from '@tearline/settings';
import type { z } from 'zod';

const { NODE_ENV, PORT, HOST, LOG_FORMAT, CORS_ORIGINS } = hostSettings;
const { REDIS_URL, OPERATOR_PASSWORD } = eventsSettings;
const { CDN_PURGE_SECRET } = cdnSettings;
const { CONSISTENCY_SECRET, DATABASE_REPLICA_URLS } = databaseSettings;

const shape = {
  ...developmentSettings,
  NODE_ENV,
  PORT,
  HOST,
  LOG_FORMAT,
  REDIS_URL,
  OPERATOR_PASSWORD,
  CDN_PURGE_SECRET,
  CONSISTENCY_SECRET,
  CORS_ORIGINS,
  DATABASE_REPLICA_URLS,
  /** For each module of a process. */
  DATABASE_CONNECTIONS: numberSetting(2, 99_999).default(CONNECTIONS_PER_MODULE),
};

/** The environment variables of the runner. */
export type RunnerSettings = z.output<z.ZodObject<typeof shape>>;

/** @throws SettingsError that names every wrong variable */
export function runnerSettings(env: Environment): RunnerSettings {
  return readSettings(shape, env);
}
