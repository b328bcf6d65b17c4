import { type Environment, readSettings, SettingsError } from '@tearline/settings';
import { primaryUrl } from './connect-to-primary.js';
import { databaseUrls, replicaUrls } from './database-urls.js';
import { migrate } from './migrate.js';
import type { ModuleData } from './module-data.js';
import { addressOf, serverUrls } from './server-urls.js';
import { ownerSettings } from './settings.js';

/** A database that this process started. */
export interface StartedDatabase {
  /** The owner's URL. */
  readonly url: string;
  readonly replicas?: readonly { readonly url: string }[];
  readonly stop: () => Promise<void>;
}

/** Migrates a schema that belongs to no module, on the primary, and grants its privileges to the role of `url`. Returns the number of migrations that ran. */
export type SchemaMigrator = (ownerUrl: string, url: string, log: (line: string) => void) => Promise<number>;

export interface PrepareOptions {
  modules: readonly ModuleData[];
  /** Schemas that belong to no module, by the name that gives their variable and role: `{ queues: migrateQueues }`. */
  otherSchemas?: Readonly<Record<string, SchemaMigrator>>;
  env: Environment;
  /** Whether every URL is required; otherwise missing URLs are derived from the owner's. */
  isProduction: boolean;
  /** Starts a database when `DATABASE_URL` is not set; never in production. */
  start: () => Promise<StartedDatabase>;
  /** Receives a line for each migration that ran. */
  log: (line: string) => void;
}

export interface PreparedDatabase {
  readonly ownerUrl: string;
  /**
   * URLs with their own roles, by module and by name of the other schemas. The URL of another schema names one server:
   * the present primary.
   */
  readonly urls: Readonly<Record<string, string>>;
  /** URLs of each module's replicas, with its own role. */
  readonly replicaUrls: Readonly<Record<string, readonly string[]>>;
  readonly migrationCount: number;
  /** Stops the database if it was started here. */
  readonly stop: () => Promise<void>;
}

/**
 * Migrates the database that `DATABASE_URL` names, or one that it starts.
 * @throws SettingsError that names every missing or invalid variable
 */
export async function prepareDatabase(options: PrepareOptions): Promise<PreparedDatabase> {
  const { modules, otherSchemas = {}, env, isProduction, start, log } = options;
  const { DATABASE_URL: configuredUrl } = readSettings(ownerSettings, env);
  if (isProduction && !configuredUrl)
    throw new SettingsError([
      'DATABASE_URL: expected the URL of the role that owns the database, in production (NODE_ENV), ' +
        'e.g. postgres://owner:<password>@host:5432/tearline, but it is not set',
    ]);
  const started = configuredUrl ? undefined : await start();
  const stop = async () => started?.stop();
  try {
    const ownerUrl = started?.url ?? configuredUrl!;
    const names = [...modules.map(({ schema }) => schema), ...Object.keys(otherSchemas)];
    const urls = databaseUrls(names, env, isProduction ? undefined : ownerUrl);
    let migrationCount = await migrate(
      ownerUrl,
      modules.map((data) => ({ data, url: urls[data.schema]! })),
      log,
    );
    const replicas = replicaUrlsOf(options, urls, started);
    for (const [name, migrateSchema] of Object.entries(otherSchemas)) {
      const primary = await primaryUrl(ownerUrl);
      urls[name] = urlOnServer(primary, urls[name]!);
      migrationCount += await migrateSchema(primary, urls[name], log);
    }
    return { ownerUrl, urls, replicaUrls: replicas, migrationCount, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function replicaUrlsOf(
  { modules, env }: PrepareOptions,
  urls: Readonly<Record<string, string>>,
  started: StartedDatabase | undefined,
): Record<string, string[]> {
  const own = started?.replicas?.map(({ url }) => url).join();
  const ofModules = Object.fromEntries(modules.map(({ schema }) => [schema, urls[schema]!]));
  return replicaUrls(ofModules, own ? { ...env, DATABASE_REPLICA_URLS: own } : env);
}

/** Returns the URL of the server at the address of `server`, among those that `url` names. */
function urlOnServer(server: string, url: string): string {
  const all = serverUrls(url);
  return all.find((each) => addressOf(each) === addressOf(server)) ?? all[0]!;
}
