/**
 * The servers that a database URL names. As with libpq, one URL may name several hosts of one database, with the same
 * role: `postgres://role:password@a:5432,b:5432/tearline`.
 * @returns a URL for each of them
 */
export function serverUrls(url: string): string[] {
  const [, scheme, hosts, rest] = /^([a-z]+:\/\/(?:[^@/]*@)?)([^/?#]*)(.*)$/.exec(url) ?? [];
  if (hosts === undefined) return [url];
  return hosts.split(',').map((host) => `${scheme}${host.trim()}${rest}`);
}

/** All hosts that a URL names, as it names them. */
export function hostsOf(url: string): string {
  return serverUrls(url)
    .map((server) => new URL(server).host)
    .join();
}

/** The first of them, for its role, password and database, which all have in common. */
export function firstServer(url: string): URL {
  return new URL(serverUrls(url)[0]!);
}

/** A server's address, e.g. `10.0.0.7:5432`: what it is called in metrics and logs. */
export function addressOf(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || '5432'}`;
}
