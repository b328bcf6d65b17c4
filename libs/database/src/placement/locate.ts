import { serverUrls } from '@tearline/settings';
import pg from 'pg';
import { addressOf, databaseOf, firstServer, hostsOf } from '../server-urls.js';
import { sessionUrl } from '../session-url.js';
import { type Placement, readPlacement } from './placements.js';

/** Where a module's data is. */
export interface Place {
  /** With the credentials and parameters of the module's own URL. */
  readonly url: string;
  /** Of the data: 0 before its first move. */
  readonly epoch: number;
  /** The cluster with which its positions begin; undefined before its first move. */
  readonly lineage?: string | undefined;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** PostgreSQL: the table is missing, or may not be read, because no `migrate` of this release has run. */
const NOT_MIGRATED = new Set(['3F000', '42P01', '42501']);
const MAX_MOVES = 10;

/**
 * Returns where a module's data is, by following what its servers say from a URL on. The placement with the greatest epoch
 * holds: it is written where the data was, before it is where the data is.
 * @param url of the module, with its own role
 * @throws Error when a server on the way does not answer
 */
export async function locate(url: string, module: string): Promise<Place> {
  let place: Place = { url, epoch: 0 };
  for (let moves = 0; moves < MAX_MOVES; moves += 1) {
    const placement = await placementAt(place.url, module);
    // Right after a cutover, the server that has the data now does not know it yet.
    if (!placement || placement.epoch < place.epoch) return place;
    const { epoch, lineage, away, peer } = placement;
    const at = { url: place.url, epoch, lineage };
    if (away !== null) {
      place = { url: withServers(place.url, away), epoch, lineage };
      continue;
    }
    return peer === null ? at : newerOf(at, module, peer);
  }
  throw new Error(
    `the servers of '${module}' refer to each other; npm run data -- status ${module} shows where its data is`,
  );
}

/**
 * Returns where the data of modules is, for those that have moved or are being moved. A module whose servers do not answer is
 * taken to be where its URL says.
 */
export async function locateModules(urls: Readonly<Record<string, string>>): Promise<Record<string, Place>> {
  const places = await Promise.all(
    Object.entries(urls).map(async ([module, url]) => {
      const place = await locate(url, module).catch(() => undefined);
      return place?.lineage === undefined ? [] : [[module, place] as const];
    }),
  );
  return Object.fromEntries(places.flat());
}

/** Returns the URLs of modules with the servers and databases that have their data now. */
export async function currentUrls(urls: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const places = await locateModules(urls);
  return Object.fromEntries(
    Object.entries(urls).map(([module, url]) => [module, places[module]?.url ?? url]),
  );
}

/** A failover may have undone a cutover that the other server of a move knows of. */
async function newerOf(here: Place, module: string, peer: string): Promise<Place> {
  const url = withServers(here.url, peer);
  const placement = await placementAt(url, module).catch(() => undefined);
  if (!placement || placement.away !== null || placement.epoch <= here.epoch) return here;
  return { url, epoch: placement.epoch, lineage: placement.lineage };
}

/** Returns the URL with the servers and the database of another one, e.g. `postgres://db-2,db-3/tearline`. */
export function withServers(url: string, servers: string): string {
  const { pathname } = firstServer(servers);
  return url.replace(
    /^([a-z]+:\/\/(?:[^@/]*@)?)[^?#]*/,
    (_, begin: string) => begin + hostsOf(servers) + pathname,
  );
}

/** Returns the servers and the database of a URL, without credentials and parameters. */
export function withoutCredentials(url: string): string {
  return `postgres://${hostsOf(url)}/${databaseOf(firstServer(url))}`;
}

/** Asks the primary, or a replica where there is none. */
async function placementAt(url: string, module: string): Promise<Placement | undefined> {
  const failures: unknown[] = [];
  let fromReplica: { placement: Placement | undefined } | undefined;
  for (const server of serverUrls(url)) {
    try {
      const { isStandby, placement } = await ask(server, module);
      if (!isStandby) return placement;
      fromReplica ??= { placement };
    } catch (error) {
      failures.push(new Error(`${addressOf(server)}: ${(error as Error).message}`, { cause: error }));
    }
  }
  if (fromReplica) return fromReplica.placement;
  throw failures[0];
}

async function ask(
  url: string,
  module: string,
): Promise<{ isStandby: boolean; placement: Placement | undefined }> {
  const client = new pg.Client({
    connectionString: sessionUrl(url),
    application_name: `tearline ${module}`,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: CONNECT_TIMEOUT_MS,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ isStandby: boolean }>('select pg_is_in_recovery() as "isStandby"');
    const placement = await readPlacement(client, module).catch((error: unknown) => {
      if (!NOT_MIGRATED.has((error as pg.DatabaseError).code ?? '')) throw error;
      return undefined;
    });
    return { isStandby: rows[0]!.isStandby, placement };
  } finally {
    await client.end().catch(() => undefined);
  }
}
