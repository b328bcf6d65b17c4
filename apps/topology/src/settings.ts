import { CONNECTIONS_PER_MODULE, databaseSettings } from '@tearline/database';
import { eventsSettings } from '@tearline/events';
import { hostSettings, readSettings } from '@tearline/host';
import { z } from 'zod';

export type Environment = Readonly<Record<string, string | undefined>>;

const { NODE_ENV, PORT, HOST, LOG_FORMAT } = hostSettings;

const shape = {
  NODE_ENV,
  PORT,
  HOST,
  LOG_FORMAT,
  DATABASE_URL: z.string().optional(),
  /** Where the replicas of that database are. */
  DATABASE_REPLICA_URLS: z.string().optional(),
  /** For each module of a process. */
  DATABASE_CONNECTIONS: databaseSettings.DATABASE_CONNECTIONS.unwrap().default(CONNECTIONS_PER_MODULE),
  REDIS_URL: eventsSettings.REDIS_URL,
  OPERATOR_PASSWORD: eventsSettings.OPERATOR_PASSWORD,
  /** Streaming replicas of the embedded database. */
  TEARLINE_REPLICAS: z
    .string()
    .regex(/^[0-9]$/, 'must be a number from 0 to 9')
    .transform(Number)
    .default(0),
  CONSISTENCY_SECRET: databaseSettings.CONSISTENCY_SECRET,
  TEARLINE_DIR: z.string().default('.tearline'),
  /** A file for a JSON line of nginx on each request. */
  EDGE_LOG: z.string().optional(),
};

/** The environment variables of the runner. */
export type RunnerSettings = z.output<z.ZodObject<typeof shape>>;

/** @throws SettingsError that names every wrong variable */
export function runnerSettings(env: Environment): RunnerSettings {
  return readSettings(shape, env);
}
