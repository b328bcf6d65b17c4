import { type Environment, readSettings, SettingsError } from '@tearline/settings';
import { databaseUrls, replicaUrls } from './database-urls.js';
import type { DeploymentChange } from './deployment/establish-deployment.js';
import { migrate, migrateOtherSchema, type SchemaMigrator } from './migrate.js';
import type { ModuleData } from './module-data.js';
import { hostsOf } from './server-urls.js';
import { databaseSettings, databaseUrlSettings, ownerSettings, replicaUrlsSettings } from './settings.js';

/** A database that this process started. */
export interface StartedDatabase {
  /** The owner's URL. */
  readonly url: string;
  /** The servers that serve reads while they are replicas. */
  readonly replicas?: readonly { readonly url: string }[];
  readonly stop: () => Promise<void>;
}

export interface PrepareOptions {
  modules: readonly ModuleData[];
  /** Schemas that belong to no module, by the name that gives their variable and role: `{ queues: migrateQueues }`. */
  otherSchemas?: Readonly<Record<string, SchemaMigrator>>;
  env: Environment;
  /** Whether every URL is required; otherwise missing URLs are derived from the owner's. */
  isProduction: boolean;
  /** What happens to the identity of the deployment; by default it stays. */
  deployment?: DeploymentChange | undefined;
  /** Starts a database when `DATABASE_URL` is not set; never in production. */
  start: () => Promise<StartedDatabase>;
  /** Receives a line for each migration that ran. */
  log: (line: string) => void;
}

export interface PreparedDatabase {
  readonly ownerUrl: string;
  /** URLs with their own roles, by module and by name of the other schemas. */
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
  const names = [...modules.map(({ schema }) => schema), ...Object.keys(otherSchemas)];
  // Before a database is started, though most are read later.
  const { DATABASE_URL: configuredUrl, DEPLOYMENT_DATABASE_URL: deploymentUrl } = readSettings(
    {
      ...ownerSettings,
      ...databaseUrlSettings(names),
      ...replicaUrlsSettings(names),
      DATABASE_REPLICA_URLS: databaseSettings.DATABASE_REPLICA_URLS,
    },
    env,
  );
  if (isProduction && !configuredUrl)
    throw new SettingsError([
      'DATABASE_URL: expected the URL of the role that owns the database, in production (NODE_ENV), ' +
        'e.g. postgres://owner:<password>@host:5432/tearline, but it is not set',
    ]);
  const started = configuredUrl ? undefined : await start();
  const stop = async () => started?.stop();
  try {
    const ownerUrl = started ? urlOfAll(started) : configuredUrl!;
    const urls = databaseUrls(names, env, isProduction ? undefined : ownerUrl);
    let migrationCount = await migrate(
      ownerUrl,
      modules.map((data) => ({ data, url: urls[data.schema]! })),
      log,
      { deployment: options.deployment, deploymentUrl },
    );
    const replicas = replicaUrlsOf(options, urls, started);
    for (const [name, migrator] of Object.entries(otherSchemas)) {
      migrationCount += await migrateOtherSchema(ownerUrl, { name, url: urls[name]!, migrator }, log);
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

/** Returns a URL of all servers, since a replica may be promoted. */
function urlOfAll({ url, replicas = [] }: StartedDatabase): string {
  const hosts = new Set([url, ...replicas.map((replica) => replica.url)].map(hostsOf));
  return url.replace(hostsOf(url), [...hosts].join());
}
