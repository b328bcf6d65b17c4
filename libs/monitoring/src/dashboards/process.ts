import * as units from '@grafana/grafana-foundation-sdk/units';
import { dashboard, graph, labelVariable, quantile, rate, row } from './panels.js';

const PROCESS = 'instance="$instance"';

/** One process of a host. */
export const processDashboard = () =>
  dashboard('Process', 'tearline-process')
    .withVariable(labelVariable('host', 'up{job="hosts"}'))
    .withVariable(labelVariable('instance', 'up{job="hosts",host="$host"}'))
    .withRow(row('Memory'))
    .withPanel(
      graph(
        'Resident',
        units.BytesIEC,
        [`process_resident_memory_bytes{${PROCESS}}`, 'resident'],
        [`process_memory_limit_bytes{${PROCESS}}`, 'limit'],
      ),
    )
    .withPanel(
      graph(
        'Heap',
        units.BytesIEC,
        [`nodejs_heap_size_used_bytes{${PROCESS}}`, 'used'],
        [`nodejs_heap_size_total_bytes{${PROCESS}}`, 'total'],
        [`nodejs_heap_size_limit_bytes{${PROCESS}}`, 'limit'],
      ),
    )
    .withPanel(
      graph(
        'Outside the heap',
        units.BytesIEC,
        [`nodejs_external_memory_bytes{${PROCESS}}`, 'external'],
        [`cache_memory_bytes{${PROCESS}}`, 'cache'],
      ),
    )
    .withRow(row('Time'))
    .withPanel(
      graph(
        'CPU',
        units.Short,
        [`rate(process_cpu_user_seconds_total{${PROCESS}}[$__rate_interval])`, 'user'],
        [`rate(process_cpu_system_seconds_total{${PROCESS}}[$__rate_interval])`, 'system'],
      ),
    )
    .withPanel(
      graph(
        'Event loop lag',
        units.Seconds,
        // Each value includes the interval of the samples, which the least of them is.
        [
          `nodejs_eventloop_lag_p50_seconds{${PROCESS}} - nodejs_eventloop_lag_min_seconds{${PROCESS}}`,
          'p50',
        ],
        [
          `nodejs_eventloop_lag_p99_seconds{${PROCESS}} - nodejs_eventloop_lag_min_seconds{${PROCESS}}`,
          'p99',
        ],
      ),
    )
    .withPanel(
      graph('Garbage collection', units.PercentUnit, [
        rate('kind', `nodejs_gc_duration_seconds_sum{${PROCESS}}`),
        '{{kind}}',
      ]),
    )
    .withRow(row('Requests and connections'))
    .withPanel(
      graph('Requests', units.RequestsPerSecond, [
        rate('route, status', `http_requests_total{${PROCESS}}`),
        '{{route}} {{status}}',
      ]),
    )
    .withPanel(
      graph('p99 by route', units.Seconds, [
        quantile(0.99, 'route', `http_request_duration_seconds_bucket{${PROCESS}}`),
        '{{route}}',
      ]),
    )
    .withPanel(
      graph(
        'Connections and files',
        units.Short,
        [`http_connections{${PROCESS}}`, 'HTTP connections'],
        [`sum(rate(http_connections_refused_total{${PROCESS}}[$__rate_interval]))`, 'refused a second'],
        [`process_open_fds{${PROCESS}}`, 'open files'],
      ),
    );
