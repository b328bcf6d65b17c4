import type { Alert } from './alert.js';

export const databaseAlerts: readonly Alert[] = [
  {
    name: 'ReplicaLags',
    expr: 'max by (server) (database_replica_lag_seconds) > 10',
    for: '1m',
    severity: 'ticket',
    summary: 'the replica {{ $labels.server }} is {{ $value | humanizeDuration }} behind',
  },
  {
    name: 'ReplicaUnavailable',
    expr: 'min by (server) (database_replica_up) == 0',
    for: '1m',
    severity: 'ticket',
    summary: 'the replica {{ $labels.server }} serves no reads',
  },
  {
    name: 'PoolExhausted',
    // A mean: where all requests of an outage end at their deadlines together, no query waits for a moment.
    expr: 'avg_over_time(database_pool_connections{state="waiting"}[1m]) >= 1',
    for: '1m',
    severity: 'page',
    summary:
      '{{ printf "%.0f" $value }} queries of {{ $labels.module }} wait for a connection at the host {{ $labels.host }} ({{ $labels.instance }})',
  },
];
