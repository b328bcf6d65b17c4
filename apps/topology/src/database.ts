import { databaseUrls, migrate, replicaUrls } from '@tearline/database';
import { startEmbedded } from '@tearline/embedded';
import { moduleData } from './modules.js';
import type { Environment, RunnerSettings } from './settings.js';
import { UsageError } from './usage-error.js';

/** A database with every schema up to date. */
export interface PreparedDatabase {
  /** Each module's URL, with its own role. */
  readonly urls: Readonly<Record<string, string>>;
  /** By module the URLs of its replicas. */
  readonly replicaUrls: Readonly<Record<string, readonly string[]>>;
  readonly stop: () => Promise<void>;
}

/**
 * Brings the database up to date: the one that `DATABASE_URL` names, else an embedded one that lives as long as this
 * process.
 * @param connections what all hosts may open together
 */
export async function prepareDatabase(
  settings: RunnerSettings,
  env: Environment,
  connections: number,
  log: (line: string) => void,
): Promise<PreparedDatabase> {
  const isProduction = settings.NODE_ENV === 'production';
  if (isProduction && !settings.DATABASE_URL)
    throw new UsageError('DATABASE_URL: missing; in production (NODE_ENV) no embedded database is started');
  const embedded = settings.DATABASE_URL
    ? undefined
    : await startEmbedded({
        dir: settings.TEARLINE_DIR,
        maxConnections: Math.max(100, connections + 20),
        replicas: settings.TEARLINE_REPLICAS,
        log,
      });
  const stop = async () => embedded?.stop();
  try {
    const ownerUrl = embedded?.url ?? settings.DATABASE_URL!;
    const names = moduleData.map(({ schema }) => schema);
    const urls = databaseUrls(names, env, isProduction ? undefined : ownerUrl);
    await migrate(
      ownerUrl,
      moduleData.map((data) => ({ data, url: urls[data.schema]! })),
      log,
    );
    const own = embedded?.replicas.map(({ url }) => url).join();
    const where = own ? { ...env, DATABASE_REPLICA_URLS: own } : env;
    return { urls, replicaUrls: replicaUrls(urls, where), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
