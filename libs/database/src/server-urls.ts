import { serverUrls } from '@tearline/settings';

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

/** Returns the database that a URL names; without one it is called as the role, as in libpq. */
export function databaseOf({ pathname, username }: URL): string {
  return decodeURIComponent(pathname.slice(1) || username);
}

/** Returns a server's address, e.g. `10.0.0.7:5432` or `/run/postgresql:5432`, as in metrics and logs. */
export function addressOf(url: string): string {
  const { hostname, port, searchParams } = new URL(url);
  const host = searchParams.get('host') ?? decodeURIComponent(hostname);
  return `${host}:${searchParams.get('port') ?? (port || '5432')}`;
}
