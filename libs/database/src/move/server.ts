import { addressOf } from '../server-urls.js';
import { connectToPrimary } from '../connect-to-primary.js';
import { identityOf } from '../replication/server-status.js';
import { withoutCredentials } from '../placement/locate.js';
import type pg from 'pg';

/** One of the two servers of a move, with a connection of the owner to its primary. */
export interface Server {
  readonly owner: pg.Client;
  /** The owner's URL of the primary. */
  readonly url: string;
  /** The owner's URL of all servers that may be the primary. */
  readonly urlOfAll: string;
  /** The servers and the database, without credentials: how hosts and the other server learn of it. */
  readonly place: string;
  readonly address: string;
  readonly cluster: string;
  readonly database: string;
  /** The owner's role. */
  readonly role: string;
}

/**
 * Connects to both servers of a move.
 * @param urls each with the setting whose value it is
 * @throws Error that says of each server why it cannot be used
 */
export async function connectServers(
  urls: readonly [
    source: readonly [url: string, setting: string],
    target: readonly [url: string, setting: string],
  ],
): Promise<[source: Server, target: Server]> {
  const results = await Promise.allSettled(urls.map(([url, setting]) => connectServer(url, setting)));
  const servers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const [source, target] = servers;
  if (source && target) return [source, target];
  await Promise.all(servers.map(({ owner }) => owner.end()));
  const reasons = results.flatMap((result) =>
    result.status === 'rejected' ? [(result.reason as Error).message] : [],
  );
  throw new Error(reasons.join('\n'));
}

/** @param setting whose value the URL is, which an error names */
async function connectServer(urlOfAll: string, setting: string): Promise<Server> {
  const { owner, url } = await connectToPrimary(urlOfAll, setting);
  await owner.query("set application_name = 'tearline data'");
  const { cluster } = await identityOf(owner);
  const { rows } = await owner.query<{ database: string; role: string }>(
    'select current_database() as database, current_user as role',
  );
  const { database, role } = rows[0]!;
  const place = withoutCredentials(urlOfAll);
  return { owner, url, urlOfAll, place, address: addressOf(url), cluster, database, role };
}
