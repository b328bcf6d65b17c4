import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostsOf, serverUrls } from './server-urls.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment variable that holds a module's database URL. */
export const databaseUrlVariable = (module: string) =>
  `${module.toUpperCase().replaceAll('-', '_')}_DATABASE_URL`;

/** A variable that should hold a URL is not there; the message names it. */
export class MissingUrlError extends Error {
  override readonly name = 'MissingUrlError';
}

/** What an environment variable says, or the file that `<NAME>_FILE` names; undefined where neither does. */
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
 * Each module's own database URL, from `<MODULE>_DATABASE_URL`, or from the file that `…_DATABASE_URL_FILE` names. In development a missing one is derived from the
 * owner's: the same database, the role `tearline_<module>`, and a password that follows from the owner's, so that
 * every process of a laptop finds the same.
 * @param ownerUrl `DATABASE_URL`; only used where deriving is allowed
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
      `${missing.map(databaseUrlVariable).join(', ')}: missing; each logs in with a role of its own, ` +
        'e.g. postgres://tearline_articles:<password>@host:5432/tearline',
    );
  }
  return Object.fromEntries(
    modules.map((module) => [module, given.get(module) ?? deriveUrl(ownerUrl!, module)]),
  );
}

/** Of each of the owner's servers, where it names several. */
function deriveUrl(ownerUrl: string, module: string): string {
  const [first, ...others] = serverUrls(ownerUrl);
  const url = new URL(first!);
  const role = `tearline_${module.replaceAll('-', '_')}`;
  const secret = decodeURIComponent(url.password);
  url.username = role;
  url.password = createHmac('sha256', secret).update(role).digest('base64url');
  return others.length === 0 ? url.href : url.href.replace(url.host, hostsOf(ownerUrl));
}
