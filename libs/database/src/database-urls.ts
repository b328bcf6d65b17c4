import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostsOf, serverUrls } from './server-urls.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the name of the environment variable with a module's database URL. */
export const databaseUrlVariable = (module: string) =>
  `${module.toUpperCase().replaceAll('-', '_')}_DATABASE_URL`;

/** Names the environment variables that are missing. */
export class MissingUrlError extends Error {
  override readonly name = 'MissingUrlError';
}

/** Returns the value of an environment variable, or the content of the file that `<NAME>_FILE` names. */
export function readVariable(name: string, env: Environment): string | undefined {
  const file = env[`${name}_FILE`];
  if (env[name] || !file) return env[name] || undefined;
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '') || undefined;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new MissingUrlError(`${name}_FILE: ${file} cannot be read (${code})`, { cause });
  }
}

/**
 * Returns each module's database URL, from `<MODULE>_DATABASE_URL` or the file that `<MODULE>_DATABASE_URL_FILE` names.
 * In development a missing URL is derived from the owner's: the same database, the role `tearline_<module>`, and a
 * password that is derived from the owner's, so that every process derives the same.
 * @param ownerUrl `DATABASE_URL`; undefined where missing URLs are errors
 * @throws MissingUrlError that names every missing variable
 */
export function databaseUrls(
  modules: readonly string[],
  env: Environment,
  ownerUrl?: string,
): Record<string, string> {
  const given = new Map(modules.map((module) => [module, readVariable(databaseUrlVariable(module), env)]));
  const missing = modules.filter((module) => !given.get(module) && !ownerUrl);
  if (missing.length > 0) {
    throw new MissingUrlError(
      `${missing.map(databaseUrlVariable).join(', ')}: missing; each module needs a URL with a role of its own, ` +
        'e.g. postgres://tearline_articles:<password>@host:5432/tearline',
    );
  }
  return Object.fromEntries(
    modules.map((module) => [module, given.get(module) ?? deriveUrl(ownerUrl!, module)]),
  );
}

/** Keeps all servers when the owner's URL names several. */
function deriveUrl(ownerUrl: string, module: string): string {
  const [first, ...others] = serverUrls(ownerUrl);
  const url = new URL(first!);
  const role = `tearline_${module.replaceAll('-', '_')}`;
  const secret = decodeURIComponent(url.password);
  url.username = role;
  url.password = createHmac('sha256', secret).update(role).digest('base64url');
  return others.length === 0 ? url.href : url.href.replace(url.host, hostsOf(ownerUrl));
}
