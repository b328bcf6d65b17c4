import { readVariable } from './database-urls.js';
import { serverUrls } from './server-urls.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the name of the environment variable with the URLs of a module's replicas. */
export const replicaUrlsVariable = (module: string) =>
  `${module.toUpperCase().replaceAll('-', '_')}_DATABASE_REPLICA_URLS`;

/**
 * Returns the URLs of each module's replicas, from `<MODULE>_DATABASE_REPLICA_URLS`, separated by commas. By default they
 * are derived from `DATABASE_REPLICA_URLS` and the module's own role, as a replica has the roles of its primary.
 * @param urls each module's own database URL
 * @throws Error that names the variable with an invalid URL
 */
export function replicaUrls(
  urls: Readonly<Record<string, string>>,
  env: Environment,
): Record<string, string[]> {
  const base = parseUrls('DATABASE_REPLICA_URLS', env);
  return Object.fromEntries(
    Object.entries(urls).map(([module, url]) => {
      const own = parseUrls(replicaUrlsVariable(module), env);
      return [module, own.length > 0 ? own : base.map((replica) => withCredentialsOf(url, replica))];
    }),
  );
}

function parseUrls(variable: string, env: Environment): string[] {
  const text = readVariable(variable, env);
  if (!text) return [];
  // A comma also stands between the hosts of one URL.
  const urls = text.split(/,(?=\s*[a-z]+:\/\/)/).flatMap((url) => serverUrls(url.trim()));
  if (urls.every((url) => /^postgres(ql)?:$/.test(URL.parse(url)?.protocol ?? ''))) return urls;
  throw new Error(
    `${variable}: expected a comma-separated list of URLs such as postgres://db-2:5432/tearline,postgres://db-3:5432/tearline`,
  );
}

function withCredentialsOf(url: string, replica: string): string {
  const [own] = serverUrls(url);
  const { username, password, pathname } = new URL(own!);
  const result = Object.assign(new URL(replica), { username, password });
  if (result.pathname === '' || result.pathname === '/') result.pathname = pathname;
  return result.href;
}
