import type { ProcessOutput } from '@tearline/process';
import type { Topology } from '@tearline/topology';
import { nameOf, type Replica } from './addresses.js';
import type { EdgeCache } from './edge-cache.js';
import type { Monitoring } from './monitoring.js';

interface RunningTopology {
  readonly topology: Topology;
  /** The public address. */
  readonly url: string;
  readonly replicas: readonly Replica[];
  readonly cdn: EdgeCache | undefined;
  readonly monitoring: Monitoring | undefined;
  /** Folder of the store of the log. */
  readonly logsDir: string | undefined;
  /** By the name of the process. */
  readonly pids: ReadonlyMap<string, number | undefined>;
}

/** Says that a topology is ready, and where its processes are. */
export function announce(
  output: ProcessOutput,
  { topology, url, replicas, cdn, monitoring, logsDir, pids }: RunningTopology,
): void {
  const hosts = replicas.map((replica) => ({
    name: nameOf(replica),
    modules: replica.host.modules,
    url: `http://127.0.0.1:${replica.httpPort}`,
    ...(replica.rpcPort !== undefined && { rpc: `127.0.0.1:${replica.rpcPort}` }),
    pid: pids.get(nameOf(replica)),
  }));
  const edgeCache = cdn && {
    varnish: pids.get('varnish'),
    origin: `http://${cdn.origin}`,
    purges: `http://${cdn.purges}`,
  };
  if (output.format === 'json') {
    output.log('listening', {
      url,
      topology: topology.name,
      nginx: pids.get('nginx'),
      ...edgeCache,
      ...(monitoring && {
        prometheus: `http://${monitoring.prometheus}`,
        alertmanager: `http://${monitoring.alertmanager}`,
        grafana: monitoring.grafana,
      }),
      ...(logsDir !== undefined && { logs: logsDir, nats: pids.get('nats') }),
      hosts,
    });
    return;
  }
  const lines = hosts.map(
    (each) => `  ${each.name}: ${each.modules.join(', ')} at ${each.url}, pid ${each.pid}`,
  );
  if (edgeCache)
    lines.unshift(`  edge cache: varnish, pid ${edgeCache.varnish}; behind it nginx at ${edgeCache.origin}`);
  if (logsDir !== undefined)
    lines.unshift(`  log: LOGS_DIR=${logsDir} npm run logs -- search --level warn --follow`);
  if (monitoring)
    lines.unshift(
      `  Prometheus at http://${monitoring.prometheus}, Alertmanager at http://${monitoring.alertmanager}`,
      `  dashboards: GF_PATHS_PROVISIONING=${monitoring.grafana} grafana server`,
    );
  output.log(`topology '${topology.name}' is ready at ${url}\n${lines.join('\n')}`);
}
