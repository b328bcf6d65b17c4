import type { Alert } from './alert.js';

// Every process of a module reports the same depths.
export const eventAlerts: readonly Alert[] = [
  {
    name: 'DeadLetters',
    expr: 'max by (module) (events_dead_letters) > 0',
    for: '0s',
    severity: 'ticket',
    summary: '{{ $labels.module }} has {{ $value }} dead letters',
  },
  {
    name: 'OutboxOld',
    // Well above MAIL_DELAY_SECONDS, for which e-mails wait there.
    expr: 'max by (module) (events_outbox_oldest_seconds) > 300',
    for: '1m',
    severity: 'page',
    summary:
      'the outbox of {{ $labels.module }} has an event or a job from {{ $value | humanizeDuration }} ago',
  },
  {
    name: 'QueueDeep',
    expr: 'max by (queue) (events_queue_jobs{state="waiting"}) > 1000',
    for: '5m',
    severity: 'ticket',
    summary: '{{ $value }} events and jobs wait in the queue {{ $labels.queue }}',
  },
  {
    name: 'BrokerUnreachable',
    expr: 'absent(events_queue_jobs) and on () count(up{job="hosts"} == 1) > 0',
    for: '1m',
    severity: 'page',
    summary: 'the server of the queues does not answer',
  },
  {
    name: 'EventsWaiting',
    expr: 'max by (module) (events_inbox_waiting) > 0',
    for: '5m',
    severity: 'ticket',
    summary: '{{ $value }} events wait in the inbox of {{ $labels.module }} for an earlier one',
  },
  {
    name: 'EventsRefused',
    expr: 'sum by (queue) (increase(events_refused_total[5m])) > 0',
    for: '0s',
    severity: 'page',
    summary: 'the queue {{ $labels.queue }} has messages that no module has signed',
  },
];
