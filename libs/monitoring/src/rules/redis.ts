import type { Alert } from './alert.js';

export const redisAlerts: readonly Alert[] = [
  {
    name: 'CacheUnreachable',
    expr: 'cache_redis_up == 0',
    for: '1m',
    severity: 'ticket',
    summary: 'the host {{ $labels.host }} ({{ $labels.instance }}) reads without the cache in Redis',
  },
  {
    name: 'LimitsUnshared',
    expr: 'sum by (limit) (increase(attempts_unshared_total[5m])) > 0',
    for: '0s',
    severity: 'ticket',
    summary: 'each process counts attempts at {{ $labels.limit }} by itself',
  },
];
