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

  const embedded = env['DATABASE_URL'] ? undefined : await startEmbedded({ dir, log });
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
