import { Counter, Gauge, type Registry } from 'prom-client';
import type { ReplicationGroup } from './replication-group.js';
import type { ReplicatedDatabase } from './replicated-database.js';
import type { MonitoredServer } from './monitored-server.js';

/** Tells how the replicas of a host's modules are doing, and who served its reads. */
export function registerReplicaMetrics(
  registry: Registry,
  databases: ReadonlyMap<string, ReplicatedDatabase>,
): void {
  const registers = [registry];
  const replicas = (tell: (server: MonitoredServer, cluster: ReplicationGroup) => void) => {
    for (const cluster of new Set([...databases.values()].map((database) => database.cluster)))
      for (const server of cluster.servers) if (server.canServeReads) tell(server, cluster);
  };
  new Gauge({
    name: 'database_replica_up',
    help: 'Whether a replica serves reads',
    labelNames: ['server'],
    registers,
    collect() {
      replicas(({ address: server, ejection: ejected }) => this.set({ server }, ejected ? 0 : 1));
    },
  });
  new Gauge({
    name: 'database_replica_lag_bytes',
    help: 'Log of the primary that a replica has not replayed; as of the last look at both',
    labelNames: ['server'],
    registers,
    collect() {
      this.reset();
      replicas((server, cluster) => {
        const lag = cluster.lagOf(server);
        if (lag) this.set({ server: server.address }, lag.bytes);
      });
    },
  });
  new Gauge({
    name: 'database_replica_lag_seconds',
    help: 'How long the primary has been ahead of a replica',
    labelNames: ['server'],
    registers,
    collect() {
      this.reset();
      replicas((server, cluster) => {
        const lag = cluster.lagOf(server);
        if (lag) this.set({ server: server.address }, lag.ms / 1000);
      });
    },
  });
  new Counter({
    name: 'database_replica_ejections_total',
    help: 'How often a replica was taken out',
    labelNames: ['server', 'reason'],
    registers,
    collect() {
      this.reset();
      replicas(({ address: server, ejectionCounts: ejections }) => {
        for (const [reason, count] of ejections) this.inc({ server, reason }, count);
      });
    },
  });
  new Counter({
    name: 'database_reads_total',
    help: 'Reads of a module by the server that answered: a replica, or the primary and why it had to',
    labelNames: ['module', 'server', 'by'],
    registers,
    collect() {
      this.reset();
      for (const [module, { router }] of databases)
        for (const { server, by, count } of router.readCounts) this.inc({ module, server, by }, count);
    },
  });
}
