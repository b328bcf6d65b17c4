import {
  databaseUrls,
  MissingUrlError,
  prepareDatabase,
  type PreparedDatabase,
  type StartedDatabase,
  readVariable,
} from '@tearline/database';
import { embeddedUrl, startEmbedded } from '@tearline/embedded';
import { migrateQueues } from '@tearline/events';
import { moduleData } from '@tearline/modules';
import { UsageError } from '@tearline/process';
import type { Environment } from './context.js';

type Log = (line: string) => void;

/** The folder of the embedded database. */
export const folderOf = (env: Environment) => env['TEARLINE_DIR'] || '.tearline';

/**
 * Brings the database up to date and works with it: the one that `DATABASE_URL` names, else the embedded one, which
 * is started for as long as it takes unless it is running already.
 * @throws UsageError when the environment lacks a URL
 */
export async function withDatabase<T>(
  env: Environment,
  note: Log,
  work: (database: PreparedDatabase) => Promise<T>,
): Promise<T> {
  const database = await prepareDatabase({
    modules: moduleData,
    otherSchemas: readVariable('REDIS_URL', env) ? {} : { queues: migrateQueues },
    env,
    isProduction: env['NODE_ENV'] === 'production',
    start: () => embeddedIn(env, note),
    log: note,
  }).catch(explain);
  try {
    return await work(database);
  } finally {
    await database.stop();
  }
}

/**
 * Works with modules' data as it is, logged in as they do: with `<MODULE>_DATABASE_URL` or, outside production, as
 * derived from the owner's.
 * @throws UsageError when the environment lacks a URL
 */
export async function withModules<T>(
  env: Environment,
  names: readonly string[],
  note: Log,
  work: (urls: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  const isProduction = env['NODE_ENV'] === 'production';
  const given = isProduction ? undefined : readVariable('DATABASE_URL', env);
  const started = isProduction || given ? undefined : await embeddedIn(env, note);
  try {
    return await work(databaseUrls(names, env, started?.url ?? given));
  } catch (error) {
    return explain(error);
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

function explain(error: unknown): never {
  if (error instanceof MissingUrlError) throw new UsageError(error.message, { cause: error });
  throw error;
}
