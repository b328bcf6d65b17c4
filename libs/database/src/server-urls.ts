/**
 * Returns one URL for each server that a database URL names. As in libpq, a URL may name several hosts of one database:
 * `postgres://role:password@a:5432,b:5432/tearline`.
 */
export function serverUrls(url: string): string[] {
  const [, scheme, hosts, rest] = /^([a-z]+:\/\/(?:[^@/]*@)?)([^/?#]*)(.*)$/.exec(url) ?? [];
  if (hosts === undefined) return [url];
  return hosts.split(',').map((host) => `${scheme}${host.trim()}${rest}`);
}

/** Returns the hosts of a URL, separated by commas. */
export function hostsOf(url: string): string {
  return serverUrls(url)
    .map((server) => new URL(server).host)
    .join();
}

/** Returns the URL of the first server; role, password and database are the same for all of them. */
export function firstServer(url: string): URL {
  return new URL(serverUrls(url)[0]!);
}

/** Returns a server's address, e.g. `10.0.0.7:5432`, as in metrics and logs. */
export function addressOf(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || '5432'}`;
}
