import { createHmac } from 'node:crypto';
import { type Environment, readSettings, SettingsError, serverUrls } from '@tearline/settings';
import { roleName } from './role-name.js';
import { databaseOf, hostsOf } from './server-urls.js';
import {
  databaseSettings,
  databaseUrlSettings,
  databaseUrlVariable,
  replicaUrlsSettings,
  replicaUrlsVariable,
} from './settings.js';

/**
 * Returns each module's database URL, from `<MODULE>_DATABASE_URL`. In development a missing URL is derived from the owner's:
 * the same database, the role `<database>_<module>`, and a password that is derived from the owner's, so that every process
 * derives the same.
 * @param ownerUrl `DATABASE_URL`; undefined where missing URLs are errors
 * @throws SettingsError that names every missing or invalid variable
 */
export function databaseUrls(
  modules: readonly string[],
  env: Environment,
  ownerUrl?: string,
): Record<string, string> {
  const given = readSettings(databaseUrlSettings(modules), env);
  const missing = modules.map(databaseUrlVariable).filter((name) => given[name] === undefined);
  if (missing.length > 0 && ownerUrl === undefined) {
    const expected =
      'expected a URL with a role of its own, e.g. postgres://tearline_articles:<password>@host:5432/tearline';
    throw new SettingsError(missing.map((name) => `${name}: ${expected}, but it is not set`));
  }
  return Object.fromEntries(
    modules.map((module) => [module, given[databaseUrlVariable(module)] ?? deriveUrl(ownerUrl!, module)]),
  );
}

/**
 * Returns the URLs of each module's replicas, from `<MODULE>_DATABASE_REPLICA_URLS`. By default they are derived from
 * `DATABASE_REPLICA_URLS` and the module's own role, as a replica has the roles of its primary.
 * @param urls each module's own database URL
 * @throws SettingsError that names every invalid variable
 */
export function replicaUrls(
  urls: Readonly<Record<string, string>>,
  env: Environment,
): Record<string, string[]> {
  const { DATABASE_REPLICA_URLS } = databaseSettings;
  const { DATABASE_REPLICA_URLS: common = [] } = readSettings({ DATABASE_REPLICA_URLS }, env);
  const own = readSettings(replicaUrlsSettings(Object.keys(urls)), env);
  return Object.fromEntries(
    Object.entries(urls).map(([module, url]) => [
      module,
      own[replicaUrlsVariable(module)] ?? common.map((replica) => withCredentialsOf(url, replica)),
    ]),
  );
}

/** Keeps all servers when the owner's URL names several. */
function deriveUrl(ownerUrl: string, module: string): string {
  const [first, ...others] = serverUrls(ownerUrl);
  const url = new URL(first!);
  const role = roleName(databaseOf(url), module);
  const secret = decodeURIComponent(url.password);
  url.username = role;
  url.password = createHmac('sha256', secret).update(role).digest('base64url');
  return others.length === 0 ? url.href : url.href.replace(url.host, hostsOf(ownerUrl));
}

/** Keeps the parameters of the module's URL, such as `sslmode`, where the replica's URL has none. */
function withCredentialsOf(url: string, replica: string): string {
  const [own] = serverUrls(url);
  const { username, password, pathname, search } = new URL(own!);
  const result = Object.assign(new URL(replica), { username, password });
  if (result.pathname === '' || result.pathname === '/') result.pathname = pathname;
  if (result.search === '') result.search = search;
  return result.href;
}
