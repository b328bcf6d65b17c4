import { createHash } from 'node:crypto';
import { developmentKeys } from '@tearline/auth';
import {
  databaseSettings,
  databaseUrlVariable,
  type ModuleData,
  prepareDatabase,
  replicaUrlsVariable,
} from '@tearline/database';
import { startEmbedded } from '@tearline/embedded';
import { MAX_BROKER_CONNECTIONS, migrateQueues } from '@tearline/events';
import { developmentSettings } from '@tearline/composition';
import { endWithFailure } from '@tearline/process';
import { isSet, readSettings } from '@tearline/settings';

type Environment = Record<string, string | undefined>;

/** Connections beside those of the application: migrations, a command line. */
const SPARE_CONNECTIONS = 20;
const MIN_CONNECTIONS = 100;

/** Returns the connections that the private PostgreSQL has to accept with these settings. */
export function connectionsOfServer(env: Environment): number {
  const { DATABASE_CONNECTIONS: connections = 0 } = readSettings(
    { DATABASE_CONNECTIONS: databaseSettings.DATABASE_CONNECTIONS },
    env,
  );
  return Math.max(MIN_CONNECTIONS, connections + MAX_BROKER_CONNECTIONS + SPARE_CONNECTIONS);
}

/**
 * Completes the environment for development, where nothing has to be installed or set: a private PostgreSQL unless
 * `DATABASE_URL` names one, schemas up to date, a role and a URL for each module and, without `REDIS_URL`, for the
 * queues; keys for the tokens.
 * @returns a function that stops what was started
 */
export async function prepareDevelopment(
  env: Environment,
  modules: readonly ModuleData[],
  log: (line: string) => void,
): Promise<() => Promise<void>> {
  const { TEARLINE_DIR: dir, TEARLINE_REPLICAS: replicas } = readSettings(developmentSettings, env);
  const { signingKey, jwks } = await developmentKeys(dir);
  const defaults = {
    IDENTITY_SIGNING_KEY: signingKey,
    AUTH_JWKS: jwks,
    CONSISTENCY_SECRET: createHash('sha256').update(signingKey).digest('base64url'),
  };
  for (const [name, value] of Object.entries(defaults)) if (!isSet(name, env)) env[name] = value;

  const { urls, replicaUrls, stop } = await prepareDatabase({
    modules,
    otherSchemas: isSet('REDIS_URL', env) ? {} : { queues: migrateQueues },
    env,
    isProduction: false,
    start: () =>
      startEmbedded({
        dir,
        replicas,
        maxConnections: connectionsOfServer(env),
        log,
        restart: { onGivenUp: endWithFailure },
      }),
    log,
  });
  for (const [name, url] of Object.entries(urls)) env[databaseUrlVariable(name)] = url;
  for (const [module, those] of Object.entries(replicaUrls)) env[replicaUrlsVariable(module)] = those.join();
  return stop;
}
