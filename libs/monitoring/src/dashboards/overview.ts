import * as units from '@grafana/grafana-foundation-sdk/units';
import { dashboard, graph, quantile, rate, row, value } from './panels.js';

const CLIENTS = 'http_requests_total{route!~"/metrics|/health.*"}';
const DURATIONS = 'http_request_duration_seconds_bucket{route!~"/metrics|/health.*"}';

/** All hosts at a glance. */
export const overview = () =>
  dashboard('Overview', 'tearline-overview')
    .withPanel(value('Processes that answer', units.Short, 'count(up{job="hosts"} == 1)'))
    .withPanel(value('Hosts that are expected', units.Short, 'sum(tearline:hosts:expected)'))
    .withPanel(value('Alerts', units.Short, 'count(ALERTS{alertstate="firing"}) or vector(0)'))
    .withPanel(value('Requests a second', units.RequestsPerSecond, 'sum(job:http_requests:rate5m)'))
    .withPanel(value('Errors in the last hour', units.PercentUnit, 'sum(job:http_errors:ratio1h)'))
    .withPanel(value('Oldest event', units.Seconds, 'max(events_outbox_oldest_seconds)'))
    .withRow(row('Requests'))
    .withPanel(graph('Requests by host', units.RequestsPerSecond, [rate('host', CLIENTS), '{{host}}']))
    .withPanel(graph('Responses by status', units.RequestsPerSecond, [rate('status', CLIENTS), '{{status}}']))
    .withPanel(
      graph(
        'Duration',
        units.Seconds,
        [quantile(0.5, '', DURATIONS), 'p50'],
        [quantile(0.95, '', DURATIONS), 'p95'],
        [quantile(0.99, '', DURATIONS), 'p99'],
      ),
    )
    .withPanel(
      graph(
        'Error ratio',
        units.PercentUnit,
        ['job:http_errors:ratio5m', '5 minutes'],
        ['job:http_errors:ratio1h', '1 hour'],
        ['job:http_errors:ratio1d', '1 day'],
        ['job:http_errors:ratio3d', '3 days'],
      ),
    )
    .withPanel(graph('p99 by host', units.Seconds, [quantile(0.99, 'host', DURATIONS), '{{host}}']))
    .withPanel(graph('Processes by host', units.Short, ['sum by (host) (up{job="hosts"})', '{{host}}']))
    .withRow(row('Resources'))
    .withPanel(graph('CPU by host', units.Short, [rate('host', 'process_cpu_seconds_total'), '{{host}}']))
    .withPanel(
      graph('Memory by host', units.BytesIEC, [
        'sum by (host) (process_resident_memory_bytes{job="hosts"})',
        '{{host}}',
      ]),
    )
    .withPanel(
      graph('Statements by module', units.OpsPerSecond, [
        rate('module', 'database_queries_total'),
        '{{module}}',
      ]),
    );
