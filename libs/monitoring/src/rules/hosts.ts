import type { Alert, RecordingRule } from './alert.js';

const EXPECTED = 'tearline:hosts:expected';

/** One series for each host of the topology, whether it runs or not: a host that is gone has no series of its own. */
export const expectedHosts = (hosts: readonly string[]): RecordingRule[] =>
  hosts.map((host) => ({ record: EXPECTED, expr: 'vector(1)', labels: { host } }));

export const hostAlerts: readonly Alert[] = [
  {
    name: 'HostDown',
    expr: `${EXPECTED} unless on (host) up{job="hosts"} == 1`,
    for: '30s',
    severity: 'page',
    summary: 'no process of the host {{ $labels.host }} answers',
  },
  {
    name: 'ProcessDown',
    expr: 'up{job="hosts"} == 0',
    for: '1m',
    severity: 'ticket',
    summary: 'the process {{ $labels.instance }} of the host {{ $labels.host }} does not answer',
  },
  {
    name: 'ProcessRestarts',
    expr: 'changes(process_start_time_seconds{job="hosts"}[15m]) > 2',
    for: '0s',
    severity: 'page',
    summary:
      'the process {{ $labels.instance }} of the host {{ $labels.host }} has started {{ $value }} times in 15 minutes',
  },
  {
    name: 'KilledForMemory',
    // 0 is the time of no process.
    expr: 'time() - (process_last_end_timestamp_seconds{cause=~"oom_kill|memory_limit|heap_limit"} > 0) < 900',
    for: '0s',
    severity: 'ticket',
    summary:
      'a process of the host {{ $labels.host }} has ended for memory ({{ $labels.cause }}); npm run memory -- report shows what grew',
  },
  {
    name: 'MemoryNearLimit',
    expr: 'process_resident_memory_bytes / process_memory_limit_bytes > 0.9',
    for: '2m',
    severity: 'page',
    summary:
      'the process {{ $labels.instance }} of the host {{ $labels.host }} has {{ $value | humanizePercentage }} of its memory',
  },
  {
    name: 'HeapNearLimit',
    expr: 'nodejs_heap_size_used_bytes / nodejs_heap_size_limit_bytes > 0.9',
    for: '2m',
    severity: 'page',
    summary:
      'the heap of the process {{ $labels.instance }} of the host {{ $labels.host }} is at {{ $value | humanizePercentage }} of its limit',
  },
  {
    name: 'DiskNearlyFull',
    expr: 'min(media_disk_bytes{state="available"} / ignoring (state) media_disk_bytes{state="size"}) < 0.1',
    for: '5m',
    severity: 'page',
    summary: '{{ $value | humanizePercentage }} of the disk with the files of media is left',
  },
  {
    name: 'LogLinesLost',
    expr: 'increase(log_lines_lost_total[5m]) > 0',
    for: '0s',
    severity: 'ticket',
    summary: 'standard output of {{ $labels.instance }} does not take the log',
  },
  {
    name: 'LogStreamAway',
    expr: 'log_stream_up == 0',
    for: '2m',
    severity: 'ticket',
    summary: 'the stream of the log takes no lines of {{ $labels.instance }}; they wait in its spool',
  },
  {
    name: 'LogStreamDropsLines',
    expr: 'increase(log_stream_lines_dropped_total[5m]) > 0',
    for: '0s',
    severity: 'ticket',
    summary: 'lines of {{ $labels.instance }} are dropped on their way to the stream of the log',
  },
];
