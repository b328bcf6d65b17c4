import * as units from '@grafana/grafana-foundation-sdk/units';
import { dashboard, graph, quantile, rate, row, value } from './panels.js';

/** Events and jobs, from the outbox to their handlers. */
export const queues = () =>
  dashboard('Queues', 'tearline-queues')
    .withPanel(value('All dead letters', units.Short, 'sum(max by (module) (events_dead_letters))'))
    .withPanel(value('Oldest event', units.Seconds, 'max(events_outbox_oldest_seconds)'))
    .withPanel(value('Waiting', units.Short, 'sum(max by (queue) (events_queue_jobs{state="waiting"}))'))
    .withPanel(value('Delayed', units.Short, 'sum(max by (queue) (events_queue_jobs{state="delayed"}))'))
    .withRow(row('Depth'))
    .withPanel(
      graph('Queues', units.Short, ['max by (queue, state) (events_queue_jobs)', '{{queue}} {{state}}']),
    )
    .withPanel(graph('Outboxes', units.Short, ['max by (module) (events_outbox_rows)', '{{module}}']))
    .withPanel(
      graph('Age of the oldest event', units.Seconds, [
        'max by (module) (events_outbox_oldest_seconds)',
        '{{module}}',
      ]),
    )
    .withPanel(graph('Dead letters', units.Short, ['max by (module) (events_dead_letters)', '{{module}}']))
    .withPanel(
      graph('Waiting for an earlier event', units.Short, [
        'max by (module) (events_inbox_waiting)',
        '{{module}}',
      ]),
    )
    .withPanel(
      graph('Messages refused', units.EventsPerSecond, [rate('queue', 'events_refused_total'), '{{queue}}']),
    )
    .withRow(row('Handlers'))
    .withPanel(
      graph('By subscriber', units.EventsPerSecond, [
        rate('subscriber', 'events_handled_total'),
        '{{subscriber}}',
      ]),
    )
    .withPanel(
      graph('By outcome', units.EventsPerSecond, [rate('outcome', 'events_handled_total'), '{{outcome}}']),
    )
    .withPanel(
      graph('p95 by event', units.Seconds, [
        quantile(0.95, 'event', 'events_handle_duration_seconds_bucket'),
        '{{event}}',
      ]),
    );
