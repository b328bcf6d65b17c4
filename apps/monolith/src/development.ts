import { createHash } from 'node:crypto';
import { developmentKeys } from '@tearline/auth';
import { databaseUrls, migrate, type ModuleData, urlVariable } from '@tearline/database';
import { startEmbedded } from '@tearline/embedded';

type Environment = Record<string, string | undefined>;

/**
 * Completes the environment for development, where nothing has to be installed or set: a private PostgreSQL unless
 * `DATABASE_URL` names one, schemas up to date, a role and a URL for each module, keys for the tokens.
 * @returns a function that stops what was started
 */
export async function prepareDevelopment(
  env: Environment,
  modules: readonly ModuleData[],
  log: (line: string) => void,
): Promise<() => Promise<void>> {
  const dir = env['TEARLINE_DIR'] || '.tearline';
  const { signingKey, jwks } = await developmentKeys(dir);
  env['IDENTITY_SIGNING_KEY'] ||= signingKey;
  env['AUTH_JWKS'] ||= jwks;

  env['CONSISTENCY_SECRET'] ||= createHash('sha256').update(signingKey).digest('base64url');
  const replicas = replicasOf(env);
  const embedded = env['DATABASE_URL'] ? undefined : await startEmbedded({ dir, replicas, log });
  if (replicas > 0) env['DATABASE_REPLICA_URLS'] ||= embedded?.replicas.map(({ url }) => url).join() ?? '';
  try {
    const ownerUrl = embedded?.url ?? env['DATABASE_URL']!;
    const urls = databaseUrls(
      modules.map(({ schema }) => schema),
      env,
      ownerUrl,
    );
    await migrate(
      ownerUrl,
      modules.map((data) => ({ data, url: urls[data.schema]! })),
      log,
    );
    for (const [module, url] of Object.entries(urls)) env[urlVariable(module)] = url;
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
  return async () => embedded?.stop();
}

/** How many replicas the private PostgreSQL gets. */
function replicasOf({ TEARLINE_REPLICAS: text = '0' }: Environment): number {
  if (/^[0-9]$/.test(text)) return Number(text);
  throw new Error(`TEARLINE_REPLICAS (--replicas): must be a number from 0 to 9, but is '${text}'`);
}
