import { developmentSettings } from '@tearline/composition';
import {
  columnTypes,
  databaseUrls,
  ownerSettings,
  prepareDatabase,
  primaryUrl,
  type PreparedDatabase,
  type StartedDatabase,
} from '@tearline/database';
import { embeddedUrl, startEmbedded } from '@tearline/embedded';
import { migrateQueues } from '@tearline/events';
import { moduleData } from '@tearline/modules';
import { type Environment, isSet, readSettings } from '@tearline/settings';
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
): Promise<T> {
  const database = await prepareDatabase({
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
    return await work(databaseUrls(names, env, started?.url ?? given));
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

/** Connects to a database, on the server that takes writes where the URL names several, works there and leaves. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const connectionString = await primaryUrl(url);
  const client = new Client({ connectionString, application_name: 'tearline cli', types: columnTypes });
  // A lost connection also rejects the pending query, which reports the error.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
