import { developmentSettings } from '@tearline/composition';
import {
  columnTypes,
  currentUrls,
  databaseUrls,
  type DeploymentChange,
  ownerSettings,
  prepareDatabase,
  primaryUrl,
  type PreparedDatabase,
  sessionUrl,
  type StartedDatabase,
  toConnectionError,
} from '@tearline/database';
import { embeddedUrl, startEmbedded } from '@tearline/embedded';
import { migrateQueues } from '@tearline/events';
import { moduleData } from '@tearline/modules';
import { type Environment, isSet, readSettings, SettingsError } from '@tearline/settings';
import { Client } from 'pg';

type Log = (line: string) => void;

/** The folder of the embedded database. */
export const folderOf = (env: Environment) =>
  readSettings({ TEARLINE_DIR: developmentSettings.TEARLINE_DIR }, env).TEARLINE_DIR;

/**
 * Brings the database up to date and works with it: the one that `DATABASE_URL` names, else the embedded one, which
 * is started for as long as it takes unless it is running already.
 * @throws SettingsError when the environment lacks a URL
 */
export async function withDatabase<T>(
  env: Environment,
  note: Log,
  work: (database: PreparedDatabase) => Promise<T>,
  deployment?: DeploymentChange,
): Promise<T> {
  const database = await prepareDatabase({
    deployment,
    modules: moduleData,
    otherSchemas: isSet('REDIS_URL', env) ? {} : { queues: migrateQueues },
    env,
    isProduction: env['NODE_ENV'] === 'production',
    start: () => embeddedIn(env, note),
    log: note,
  });
  try {
    return await work(database);
  } finally {
    await database.stop();
  }
}

/** Works with the owner's URL: `DATABASE_URL` or, outside production, that of the embedded database. */
export async function withOwner<T>(
  env: Environment,
  note: Log,
  work: (ownerUrl: string) => Promise<T>,
): Promise<T> {
  const { DATABASE_URL: given } = readSettings(ownerSettings, env);
  if (!given && env['NODE_ENV'] === 'production')
    throw new SettingsError([
      'DATABASE_URL: expected the URL of the role that owns the database, but it is not set',
    ]);
  const started = given ? undefined : await embeddedIn(env, note);
  try {
    return await work(started?.url ?? given!);
  } finally {
    await started?.stop();
  }
}

/**
 * Works with modules' data as it is, logged in as they do: with `<MODULE>_DATABASE_URL` or, outside production, as
 * derived from the owner's.
 * @throws SettingsError when the environment lacks a URL
 */
export async function withModules<T>(
  env: Environment,
  names: readonly string[],
  note: Log,
  work: (urls: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  const isProduction = env['NODE_ENV'] === 'production';
  const given = isProduction ? undefined : readSettings(ownerSettings, env).DATABASE_URL;
  const started = isProduction || given ? undefined : await embeddedIn(env, note);
  try {
    return await work(await currentUrls(databaseUrls(names, env, started?.url ?? given)));
  } finally {
    await started?.stop();
  }
}

/** The embedded database that is running, else one that is started. */
async function embeddedIn(env: Environment, log: Log): Promise<StartedDatabase> {
  const dir = folderOf(env);
  const running = await embeddedUrl(dir);
  return running ? { url: running, stop: async () => undefined } : startEmbedded({ dir, log });
}

/**
 * Connects to a database, on the server that takes writes where the URL names several, works there and leaves.
 * @param options.setting whose value the URL is, which an error names
 * @param options.schema in which names are found that have none
 */
export async function withClient<T>(
  url: string,
  work: (client: Client) => Promise<T>,
  { setting = 'DATABASE_URL', schema }: { setting?: string; schema?: string } = {},
): Promise<T> {
  const connectionString = sessionUrl(await primaryUrl(url, setting), schema);
  const client = new Client({ connectionString, application_name: 'tearline cli', types: columnTypes });
  // A lost connection also rejects the pending query, which reports the error.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw toConnectionError(setting, connectionString, error);
  }
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
