import * as units from '@grafana/grafana-foundation-sdk/units';
import { dashboard, graph, labelVariable, quantile, rate, row } from './panels.js';

/** One module, wherever it runs. */
export const moduleDashboard = () =>
  dashboard('Module', 'tearline-module')
    .withVariable(labelVariable('module', 'database_queries_total'))
    .withRow(row('Calls of other modules'))
    .withPanel(
      graph('Calls by method', units.OpsPerSecond, [
        rate('method, placement', 'seam_calls_total{contract="$module",placement!="server"}'),
        '{{method}} {{placement}}',
      ]),
    )
    .withPanel(
      graph('Calls by outcome', units.OpsPerSecond, [
        rate('outcome', 'seam_calls_total{contract="$module",placement!="server"}'),
        '{{outcome}}',
      ]),
    )
    .withPanel(
      graph('p99 of calls', units.Seconds, [
        quantile(0.99, 'method', 'seam_call_duration_seconds_bucket{contract="$module",placement!="server"}'),
        '{{method}}',
      ]),
    )
    .withRow(row('Database'))
    .withPanel(
      graph('Statements', units.OpsPerSecond, [
        rate('work', 'database_queries_total{module="$module"}'),
        '{{work}}',
      ]),
    )
    .withPanel(
      graph('Reads by route', units.ReadsPerSecond, [
        rate('route', 'database_reads_total{module="$module"}'),
        '{{route}}',
      ]),
    )
    .withPanel(
      graph('Connections', units.Short, [
        'sum by (state) (database_pool_connections{module="$module"})',
        '{{state}}',
      ]),
    )
    .withRow(row('Events and jobs'))
    .withPanel(
      graph('Handled', units.EventsPerSecond, [
        rate('event, outcome', 'events_handled_total{subscriber="$module"}'),
        '{{event}} {{outcome}}',
      ]),
    )
    .withPanel(
      graph(
        'Outbox and inbox',
        units.Short,
        ['max(events_outbox_rows{module="$module"})', 'outbox'],
        ['max(events_inbox_waiting{module="$module"})', 'waiting in the inbox'],
        ['max(events_dead_letters{module="$module"})', 'dead letters'],
      ),
    )
    .withPanel(
      graph('Age of the oldest event', units.Seconds, [
        'max(events_outbox_oldest_seconds{module="$module"})',
        'oldest',
      ]),
    );
