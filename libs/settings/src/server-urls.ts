/**
 * Returns one URL for each server that a database URL names. As in libpq, a URL may name several hosts of one database:
 * `postgres://role:password@a:5432,b:5432/tearline`.
 */
export function serverUrls(url: string): string[] {
  const [, scheme, hosts, rest] = /^([a-z]+:\/\/(?:[^@/]*@)?)([^/?#]*)(.*)$/.exec(url) ?? [];
  if (hosts === undefined) return [url];
  return hosts.split(',').map((host) => `${scheme}${host.trim()}${rest}`);
}
