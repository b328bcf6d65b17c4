import { createHmac } from 'node:crypto';
import { hostsOf, serverUrls } from './server-urls.js';

/** The environment variable that holds a module's database URL. */
export const urlVariable = (module: string) => `${module.toUpperCase().replaceAll('-', '_')}_DATABASE_URL`;

/**
 * Each module's own database URL, from `<MODULE>_DATABASE_URL`. In development a missing one is derived from the
 * owner's: the same database, the role `tearline_<module>`, and a password that follows from the owner's, so that
 * every process of a laptop finds the same.
 * @param ownerUrl `DATABASE_URL`; only used where deriving is allowed
 * @throws Error that names every missing variable
 */
export function databaseUrls(
  modules: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  ownerUrl?: string,
): Record<string, string> {
  const missing = modules.filter((module) => !env[urlVariable(module)] && !ownerUrl);
  if (missing.length > 0) {
    throw new Error(
      `${missing.map(urlVariable).join(', ')}: missing; each module logs in with its own role, ` +
        'e.g. postgres://tearline_articles:<password>@host:5432/tearline',
    );
  }
  return Object.fromEntries(
    modules.map((module) => [module, env[urlVariable(module)] || derive(ownerUrl!, module)]),
  );
}

/** Of each of the owner's servers, where it names several. */
function derive(ownerUrl: string, module: string): string {
  const [first, ...others] = serverUrls(ownerUrl);
  const url = new URL(first!);
  const role = `tearline_${module.replaceAll('-', '_')}`;
  const secret = decodeURIComponent(url.password);
  url.username = role;
  url.password = createHmac('sha256', secret).update(role).digest('base64url');
  return others.length === 0 ? url.href : url.href.replace(url.host, hostsOf(ownerUrl));
}
