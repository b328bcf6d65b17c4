import type { Pool } from 'pg';
import { identityOf } from './replication/server-status.js';
import type { ReplicatedDatabase } from './replication/replicated-database.js';
import { addressOf } from './server-urls.js';

/** Connections to one server that belong to no module. */
export interface OtherConnections {
  readonly url: string;
  readonly connections: number;
}

/** With a single connection, a transaction that also reads outside of itself would wait for its own end. */
const MIN_CONNECTIONS_PER_MODULE = 2;
const CONNECTIONS_PER_MONITOR = 1;

/** Of one server: the connections that it allows, and those that this host may open. */
interface Budget {
  readonly capacity: number;
  required: number;
}

/**
 * Divides one budget of connections among the modules of a host.
 * @param connections of the host to each server, e.g. 20
 * @returns connections for each module, at least 2
 */
export function connectionsPerModule(connections: number, modules: number): number {
  const share = Math.floor(connections / Math.max(1, modules));
  if (share < MIN_CONNECTIONS_PER_MODULE) {
    throw new Error(
      `DATABASE_CONNECTIONS: expected at least ${modules * MIN_CONNECTIONS_PER_MODULE} for ${modules} modules, got ${connections}`,
    );
  }
  return share;
}

/**
 * Checks that the servers allow the connections that this host may open.
 * @param pools of the modules; pools on one server are added up
 * @param others on servers that need not be reachable, and are then assumed to allow their connections
 * @throws Error that names the setting when a server allows fewer
 */
export async function checkBudget(pools: readonly Pool[], others: readonly Pool[] = []): Promise<void> {
  const budgets = new Map<string, Budget>();
  for (const pool of [...pools, ...others]) {
    const identity = await identityOf(pool).catch((error: unknown) => {
      if (!others.includes(pool)) throw error;
    });
    if (!identity) continue;
    const { cluster, capacity } = identity;
    budgets.set(cluster, { capacity, required: (budgets.get(cluster)?.required ?? 0) + pool.options.max });
  }
  assertWithinCapacity(budgets.values());
}

function assertWithinCapacity(budgets: Iterable<Budget>): void {
  for (const { capacity, required } of budgets) {
    if (required > capacity) {
      throw new Error(
        `DATABASE_CONNECTIONS: this host may open ${required} connections, but its PostgreSQL server allows ${capacity} ` +
          '(max_connections less the reserved ones); lower DATABASE_CONNECTIONS or raise max_connections',
      );
    }
  }
}

/**
 * Checks the same for databases with replicas. The budget holds for each server, as any of them may become the primary.
 * A server that cannot be reached is assumed to allow it.
 * @param otherConnections added up where they are on one of these servers
 * @returns the other connections that are on different servers
 */
export function checkReplicatedBudget(
  databases: readonly ReplicatedDatabase[],
  otherConnections: readonly OtherConnections[] = [],
): OtherConnections[] {
  const servers = new Set(databases.flatMap(({ group }) => group.servers));
  const budgets = new Map<string, Budget>();
  for (const { address, identity } of servers) {
    if (!identity) continue;
    const required = (budgets.get(address)?.required ?? 0) + CONNECTIONS_PER_MONITOR;
    budgets.set(address, { capacity: identity.capacity, required });
  }
  for (const { group, connections } of databases)
    for (const { address } of group.servers) {
      const budget = budgets.get(address);
      if (budget) budget.required += connections;
    }
  const addresses = new Set([...servers].map(({ address }) => address));
  const elsewhere: OtherConnections[] = [];
  for (const other of otherConnections) {
    const address = addressOf(other.url);
    const budget = budgets.get(address);
    if (budget) budget.required += other.connections;
    else if (!addresses.has(address)) elsewhere.push(other);
  }
  assertWithinCapacity(budgets.values());
  return elsewhere;
}
