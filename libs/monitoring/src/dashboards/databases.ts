import * as units from '@grafana/grafana-foundation-sdk/units';
import { dashboard, graph, rate, row } from './panels.js';

/** Connections, statements, and the replicas with their lag. */
export const databases = () =>
  dashboard('Databases and replicas', 'tearline-databases')
    .withRow(row('Modules'))
    .withPanel(
      graph('Statements', units.OpsPerSecond, [
        rate('module, work', 'database_queries_total'),
        '{{module}} {{work}}',
      ]),
    )
    .withPanel(
      graph('Connections in use', units.PercentUnit, [
        'sum by (module) (database_pool_connections{state="busy"}) / sum by (module) (database_pool_connections{state="max"})',
        '{{module}}',
      ]),
    )
    .withPanel(
      graph('Waiting for a connection', units.Short, [
        'sum by (module) (database_pool_connections{state="waiting"})',
        '{{module}}',
      ]),
    )
    .withRow(row('Replicas'))
    .withPanel(graph('Lag', units.Seconds, ['max by (server) (database_replica_lag_seconds)', '{{server}}']))
    .withPanel(
      graph('Lag in WAL', units.BytesIEC, ['max by (server) (database_replica_lag_bytes)', '{{server}}']),
    )
    .withPanel(graph('Serves reads', units.Short, ['min by (server) (database_replica_up)', '{{server}}']))
    .withPanel(
      graph('Reads by server', units.ReadsPerSecond, [rate('server', 'database_reads_total'), '{{server}}']),
    )
    .withPanel(
      graph('Reads by route', units.ReadsPerSecond, [rate('route', 'database_reads_total'), '{{route}}']),
    )
    .withRow(row('Cache'))
    .withPanel(
      graph('Reads by result', units.ReadsPerSecond, [rate('result', 'cache_reads_total'), '{{result}}']),
    )
    .withPanel(
      graph('Reads by cache', units.ReadsPerSecond, [
        rate('cache, result', 'cache_reads_total'),
        '{{cache}} {{result}}',
      ]),
    )
    .withPanel(
      graph('Errors of Redis', units.Short, [
        'sum by (host) (increase(cache_redis_errors_total[5m]))',
        '{{host}}',
      ]),
    );
