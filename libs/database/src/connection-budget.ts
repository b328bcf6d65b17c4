import type { Pool } from 'pg';
import type { ReplicatedDatabase } from './replication/replicated-database.js';
import { addressOf } from './server-urls.js';

/** Connections to one server that are no module's. */
export interface OtherConnections {
  readonly url: string;
  readonly connections: number;
}

/** Fewer than two connections let one transaction that reads beside itself wait for its own end. */
const MIN_CONNECTIONS_PER_MODULE = 2;
/** What watches a server has one of its own. */
const CONNECTIONS_PER_MONITOR = 1;

/**
 * Divides one budget of connections among the modules of a host.
 * @param connections what the host may open altogether, e.g. 20
 * @returns connections for each module, at least 2
 */
export function connectionsPerModule(connections: number, modules: number): number {
  const share = Math.floor(connections / Math.max(1, modules));
  if (share < MIN_CONNECTIONS_PER_MODULE) {
    throw new Error(
      `DATABASE_CONNECTIONS: ${connections} are too few for ${modules} modules; at least ${modules * MIN_CONNECTIONS_PER_MODULE}`,
    );
  }
  return share;
}

const CAPACITY = `
  select current_setting('max_connections')::int
         - current_setting('superuser_reserved_connections')::int
         - coalesce(current_setting('reserved_connections', true)::int, 0) as free,
         system_identifier::text as server
    from pg_control_system()`;

/** What one server lets ordinary roles open, and which server that is. */
export async function capacityOf(pool: Pool): Promise<{ free: number; server: string }> {
  const { rows } = await pool.query<{ free: number; server: string }>(CAPACITY);
  return rows[0]!;
}

/**
 * Checks that what this host may open fits into its servers.
 * @param pools the modules' pools; those on one server are counted together
 * @throws Error that names the setting when a server allows less
 */
export async function checkBudget(pools: readonly Pool[]): Promise<void> {
  const wanted = new Map<string, { free: number; wanted: number }>();
  for (const pool of pools) {
    const { free, server } = await capacityOf(pool);
    wanted.set(server, { free, wanted: (wanted.get(server)?.wanted ?? 0) + pool.options.max });
  }
  assertWithinCapacity(wanted.values());
}

function assertWithinCapacity(servers: Iterable<{ free: number; wanted: number }>): void {
  for (const { free, wanted } of servers) {
    if (wanted > free) {
      throw new Error(
        `DATABASE_CONNECTIONS: this host may open ${wanted} connections, but its PostgreSQL server allows ${free} ` +
          '(max_connections less the reserved ones); lower the one or raise the other',
      );
    }
  }
}

/**
 * The same for databases of several servers, each of which may get as many connections as any other: the primary
 * must be able to do the work of all. A server that cannot be reached is not known to allow less.
 * @param otherConnections counted where they are on one of these servers
 * @returns those that are elsewhere
 */
export function checkReplicatedBudget(
  databases: readonly ReplicatedDatabase[],
  otherConnections: readonly OtherConnections[] = [],
): OtherConnections[] {
  const wanted = new Map<string, { free: number; wanted: number }>();
  const clusters = new Set(databases.map(({ cluster }) => cluster));
  for (const { servers } of clusters)
    for (const { address, monitor } of servers) {
      if (!monitor.identity) continue;
      const before = wanted.get(address)?.wanted ?? 0;
      wanted.set(address, { free: monitor.identity.capacity, wanted: before + CONNECTIONS_PER_MONITOR });
    }
  for (const database of databases)
    for (const { address } of database.cluster.servers) {
      const server = wanted.get(address);
      if (server) server.wanted += database.connections;
    }
  const addresses = new Set([...clusters].flatMap(({ servers }) => servers.map(({ address }) => address)));
  const elsewhere: OtherConnections[] = [];
  for (const each of otherConnections) {
    const address = addressOf(each.url);
    const server = wanted.get(address);
    if (server) server.wanted += each.connections;
    else if (!addresses.has(address)) elsewhere.push(each);
  }
  assertWithinCapacity(wanted.values());
  return elsewhere;
}
