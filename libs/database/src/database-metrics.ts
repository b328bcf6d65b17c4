import type { Pool } from 'pg';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { QueryCounter } from './query-counter.js';
import type { MonitoredServer } from './replication/monitored-server.js';
import type { ReplicatedDatabase } from './replication/replicated-database.js';
import type { ReplicationGroup } from './replication/replication-group.js';

type ByModule<T> = ReadonlyMap<string, T>;

/** Registers the metrics of pools and queries, by module. */
export function registerPoolMetrics(
  registry: Registry,
  databases: ByModule<{ readonly pool: Pool; readonly queries: QueryCounter }>,
): void {
  const registers = [registry];
  new Gauge({
    name: 'database_pool_connections',
    help: 'Connections of a module to its database; waiting counts the requests that wait for one',
    labelNames: ['module', 'state'],
    registers,
    collect() {
      for (const [module, { pool }] of databases) {
        this.set({ module, state: 'idle' }, pool.idleCount);
        this.set({ module, state: 'busy' }, pool.totalCount - pool.idleCount);
        this.set({ module, state: 'waiting' }, pool.waitingCount);
        this.set({ module, state: 'max' }, pool.options.max);
      }
    },
  });
  new Counter({
    name: 'database_queries_total',
    help: 'Statements that a module sent to its database, transaction control included',
    labelNames: ['module', 'work'],
    registers,
    collect() {
      this.reset();
      for (const [module, { queries }] of databases) {
        this.inc({ module, work: 'call' }, queries.inCalls);
        this.inc({ module, work: 'background' }, queries.inBackground);
      }
    },
  });
}

/** Registers the metrics of replicas, and of reads by server. */
export function registerReplicaMetrics(registry: Registry, databases: ByModule<ReplicatedDatabase>): void {
  const registers = [registry];
  const forEachReplica = (visit: (server: MonitoredServer, group: ReplicationGroup) => void) => {
    for (const group of new Set([...databases.values()].map((database) => database.group)))
      for (const server of group.servers) if (server.canServeReads) visit(server, group);
  };
  new Gauge({
    name: 'database_replica_up',
    help: 'Whether a replica serves reads',
    labelNames: ['server'],
    registers,
    collect() {
      this.reset();
      forEachReplica(({ address: server, ejection, canBePrimary }) => {
        // Of servers that replace one another, the primary is no replica that is missing.
        if (canBePrimary && ejection === 'not_a_replica') return;
        this.set({ server }, ejection ? 0 : 1);
      });
    },
  });
  new Gauge({
    name: 'database_replica_lag_bytes',
    help: 'WAL of the primary that a replica has not replayed, as of the last check of both',
    labelNames: ['server'],
    registers,
    collect() {
      this.reset();
      forEachReplica((server, group) => {
        const lag = group.lagOf(server);
        if (lag) this.set({ server: server.address }, lag.bytes);
      });
    },
  });
  new Gauge({
    name: 'database_replica_lag_seconds',
    help: 'Time for which the primary has been ahead of a replica',
    labelNames: ['server'],
    registers,
    collect() {
      this.reset();
      forEachReplica((server, group) => {
        const lag = group.lagOf(server);
        if (lag) this.set({ server: server.address }, lag.ms / 1000);
      });
    },
  });
  new Counter({
    name: 'database_replica_ejections_total',
    help: 'Ejections of a replica from reads, by reason',
    labelNames: ['server', 'reason'],
    registers,
    collect() {
      this.reset();
      forEachReplica(({ address: server, ejectionCounts }) => {
        for (const [reason, count] of ejectionCounts) this.inc({ server, reason }, count);
      });
    },
  });
  new Counter({
    name: 'database_reads_total',
    help: 'Reads of a module by server and route: a replica, or the primary and the reason',
    labelNames: ['module', 'server', 'route'],
    registers,
    collect() {
      this.reset();
      for (const [module, { router }] of databases)
        for (const { server, route, count } of router.readCounts) this.inc({ module, server, route }, count);
    },
  });
}
