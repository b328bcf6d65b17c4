import { primaryUrl } from './connect-to-primary.js';
import { databaseUrls, MissingUrlError, readVariable } from './database-urls.js';
import { migrate } from './migrate.js';
import type { ModuleData } from './module-data.js';
import { replicaUrls } from './replica-urls.js';
import { addressOf, serverUrls } from './server-urls.js';

/** A database that was started for this process. */
export interface StartedDatabase {
  /** The owner's. */
  readonly url: string;
  /** Its replicas, if it has any. */
  readonly replicas?: readonly { readonly url: string }[];
  readonly stop: () => Promise<void>;
}

/** Brings up to date what is no module's, on the server that takes writes; gives the role of `url` its rights, and tells how many migrations ran. */
export type SchemaMigrator = (ownerUrl: string, url: string, log: (line: string) => void) => Promise<number>;

/** What is to be brought up to date, and where. */
export interface PrepareOptions {
  modules: readonly ModuleData[];
  /** What lives there besides the modules, each under the name that gives its variable and role: `{ queues: migrateQueues }`. */
  otherSchemas?: Readonly<Record<string, SchemaMigrator>>;
  env: Readonly<Record<string, string | undefined>>;
  /** Whether every URL must be given; else those that are missing are derived from the owner's. */
  isProduction: boolean;
  /** Starts a database where `DATABASE_URL` names none; never in production. */
  start: () => Promise<StartedDatabase>;
  /** Told of each migration that ran. */
  log: (line: string) => void;
}

/** A database with everything up to date. */
export interface PreparedDatabase {
  readonly ownerUrl: string;
  /**
   * By module, and by name for what is there besides: URLs with their own roles. What is there besides knows nothing of
   * other servers: where the owner's URL names several, its URL names the one that takes writes now.
   */
  readonly urls: Readonly<Record<string, string>>;
  /** By module the URLs of its replicas, with its own role. */
  readonly replicaUrls: Readonly<Record<string, readonly string[]>>;
  /** How many migrations ran. */
  readonly migrationCount: number;
  /** Stops the database that was started, if one was. */
  readonly stop: () => Promise<void>;
}

/**
 * Brings a database up to date: the one that `DATABASE_URL` names, else one that is started.
 * @throws MissingUrlError that names every missing variable
 */
export async function prepareDatabase(options: PrepareOptions): Promise<PreparedDatabase> {
  const { modules, otherSchemas: besides = {}, env, isProduction, start, log } = options;
  const given = readVariable('DATABASE_URL', env);
  if (isProduction && !given)
    throw new MissingUrlError(
      'DATABASE_URL: missing; in production (NODE_ENV) set it to the URL of the role that owns the database, ' +
        'e.g. postgres://owner:<password>@host:5432/tearline',
    );
  const started = given ? undefined : await start();
  const stop = async () => started?.stop();
  try {
    const ownerUrl = started?.url ?? given!;
    const names = [...modules.map(({ schema }) => schema), ...Object.keys(besides)];
    const urls = databaseUrls(names, env, isProduction ? undefined : ownerUrl);
    let ran = await migrate(
      ownerUrl,
      modules.map((data) => ({ data, url: urls[data.schema]! })),
      log,
    );
    const replicas = replicaUrlsOf(options, urls, started);
    for (const [name, migrateIt] of Object.entries(besides)) {
      const primary = await primaryUrl(ownerUrl);
      urls[name] = urlOnServer(primary, urls[name]!);
      ran += await migrateIt(primary, urls[name], log);
    }
    return { ownerUrl, urls, replicaUrls: replicas, migrationCount: ran, stop };
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

/** Of the servers that `url` names, the one at the address of `server`. */
function urlOnServer(server: string, url: string): string {
  const all = serverUrls(url);
  return all.find((each) => addressOf(each) === addressOf(server)) ?? all[0]!;
}
