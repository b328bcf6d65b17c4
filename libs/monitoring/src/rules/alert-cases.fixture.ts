/** Series as promtool takes them, and when the alerts are looked at. */
interface Situation {
  readonly series: Readonly<Record<string, string>>;
  readonly at: string;
}

/** When an alert fires, and when it does not although it nearly would. */
export interface AlertCase {
  readonly fires: Situation & {
    /** Labels of the alert, beside its severity. */
    readonly labels: Readonly<Record<string, string>>;
    /** What an operator reads. */
    readonly summary: string;
  };
  readonly silent: readonly Situation[];
  /** How often the rules are evaluated, in cases of many hours; each minute by default. */
  readonly evaluated?: string;
  /** Time between two values of a series; a minute by default. */
  readonly sampled?: string;
}

/** Hosts of the topology that the cases are about. */
export const HOSTS = ['app', 'articles'];

const app = { host: 'app', instance: 'app:3000', job: 'hosts' };
const labelled = (labels: Readonly<Record<string, string>>) =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join();
/** Returns the name of a series of one process of `app`. */
const ofApp = (metric: string, labels = {}) => `${metric}{${labelled({ ...app, ...labels })}}`;
const up = (host: string, number = 1) => `up{job="hosts",host="${host}",instance="${host}-${number}:3000"}`;

const requests = (status: number, route = '/api/articles') =>
  ofApp('http_requests_total', { method: 'GET', route, status: `${status}` });
const failing = (good: string, bad: string, at: string) => ({
  at,
  series: { [requests(200)]: good, [requests(500)]: bad },
});

/** A gauge that has one value throughout. */
const always = (value: number) => `${value}+0x20`;
const gauge = (series: string, value: number) => ({ series: { [series]: always(value) }, at: '10m' });

/** When the latest process ended with this cause, in seconds. */
const lastEnd = (cause: string) => ofApp('process_last_end_timestamp_seconds', { cause });

export const cases: Readonly<Record<string, AlertCase>> = {
  ErrorBudgetBurnsFast: {
    fires: {
      ...failing('0+980x90', '0+20x90', '80m'),
      labels: { job: 'hosts' },
      summary: '2% of the requests fail: the error budget of 30 days lasts for five days at most',
    },
    evaluated: '5m',
    silent: [
      failing('0+995x400', '0+5x400', '380m'),
      // It has ended half an hour ago.
      failing('0+900x60 54900+1000x40', '0+100x60 6000+0x40', '95m'),
      // Health checks that fail are no failed requests of clients.
      { series: { [requests(200)]: '0+980x90', [requests(503, '/health/ready')]: '0+60x90' }, at: '80m' },
    ],
  },
  ErrorBudgetBurnsSlowly: {
    fires: {
      ...failing('0+9960x2000', '0+40x2000', '30h'),
      labels: { job: 'hosts' },
      summary: '0.4% of the requests fail: the error budget of 30 days will be used up before they are over',
    },
    silent: [failing('0+9995x2000', '0+5x2000', '30h')],
    evaluated: '15m',
  },
  HostDown: {
    fires: {
      ...gauge(up('app'), 1),
      labels: { host: 'articles' },
      summary: 'no process of the host articles answers',
    },
    silent: [
      {
        series: { [up('app')]: always(1), [up('articles')]: always(0), [up('articles', 2)]: always(1) },
        at: '10m',
      },
    ],
  },
  ProcessDown: {
    fires: {
      series: { [up('articles')]: always(0), [up('articles', 2)]: always(1) },
      at: '10m',
      labels: { job: 'hosts', host: 'articles', instance: 'articles-1:3000' },
      summary: 'the process articles-1:3000 of the host articles does not answer',
    },
    silent: [{ series: { [up('articles')]: '1 1 0 1 1' }, at: '4m' }],
  },
  ProcessRestarts: {
    fires: {
      series: { [ofApp('process_start_time_seconds')]: '10 70 130 190 190 190' },
      at: '5m',
      labels: app,
      summary: 'the process app:3000 of the host app has started 3 times in 15 minutes',
    },
    silent: [{ series: { [ofApp('process_start_time_seconds')]: '10 70 130 130 130 130' }, at: '5m' }],
  },
  KilledForMemory: {
    fires: {
      // It ended after five minutes, and the next process has found it.
      series: { [lastEnd('memory_limit')]: '_x5 300x20', [lastEnd('killed')]: '_x5 0x20' },
      at: '10m',
      labels: { ...app, cause: 'memory_limit' },
      summary:
        'a process of the host app has ended for memory (memory_limit); npm run memory -- report shows what grew',
    },
    silent: [
      // It ended more than a quarter of an hour ago.
      { series: { [lastEnd('memory_limit')]: '_x5 300x30' }, at: '21m' },
      // It was killed with memory left; none was killed for memory.
      { series: { [lastEnd('killed')]: '_x5 300x20', [lastEnd('oom_kill')]: always(0) }, at: '10m' },
    ],
  },
  MemoryNearLimit: {
    fires: {
      series: {
        [ofApp('process_resident_memory_bytes')]: always(950),
        [ofApp('process_memory_limit_bytes')]: always(1000),
      },
      at: '10m',
      labels: app,
      summary: 'the process app:3000 of the host app has 95% of its memory',
    },
    silent: [
      {
        series: {
          [ofApp('process_resident_memory_bytes')]: always(850),
          [ofApp('process_memory_limit_bytes')]: always(1000),
        },
        at: '10m',
      },
    ],
  },
  HeapNearLimit: {
    fires: {
      series: {
        [ofApp('nodejs_heap_size_used_bytes')]: always(950),
        [ofApp('nodejs_heap_size_limit_bytes')]: always(1000),
      },
      at: '10m',
      labels: app,
      summary: 'the heap of the process app:3000 of the host app is at 95% of its limit',
    },
    silent: [
      {
        // A garbage collection ends it.
        series: {
          [ofApp('nodejs_heap_size_used_bytes')]: '950 950 300 950 950',
          [ofApp('nodejs_heap_size_limit_bytes')]: always(1000),
        },
        at: '4m',
      },
    ],
  },
  DiskNearlyFull: {
    fires: {
      series: {
        [ofApp('media_disk_bytes', { state: 'available' })]: always(50),
        [ofApp('media_disk_bytes', { state: 'size' })]: always(1000),
      },
      at: '10m',
      labels: {},
      summary: '5% of the disk with the files of media is left',
    },
    silent: [
      {
        series: {
          [ofApp('media_disk_bytes', { state: 'available' })]: always(200),
          [ofApp('media_disk_bytes', { state: 'size' })]: always(1000),
        },
        at: '10m',
      },
    ],
  },
  LogLinesLost: {
    fires: {
      series: { [ofApp('log_lines_lost_total')]: '0 0 40 40' },
      at: '3m',
      labels: app,
      summary: 'standard output of app:3000 does not take the log',
    },
    silent: [{ series: { [ofApp('log_lines_lost_total')]: always(40) }, at: '10m' }],
  },
  LogStreamAway: {
    fires: {
      ...gauge(ofApp('log_stream_up'), 0),
      labels: app,
      summary: 'the stream of the log takes no lines of app:3000; they wait in its spool',
    },
    silent: [
      gauge(ofApp('log_stream_up'), 1),
      { series: { [ofApp('log_stream_up')]: '1 0 1 0 1' }, at: '4m' },
    ],
  },
  LogStreamDropsLines: {
    fires: {
      series: { [ofApp('log_stream_lines_dropped_total')]: '0 0 40 40' },
      at: '3m',
      labels: app,
      summary: 'lines of app:3000 are dropped on their way to the stream of the log',
    },
    silent: [{ series: { [ofApp('log_stream_lines_dropped_total')]: always(40) }, at: '10m' }],
  },
  EndpointEjected: {
    fires: {
      ...gauge(ofApp('seam_endpoints_ejected'), 2),
      labels: app,
      summary: 'the host app (app:3000) sends no calls to 2 addresses of other hosts',
    },
    silent: [
      gauge(ofApp('seam_endpoints_ejected'), 0),
      { series: { [ofApp('seam_endpoints_ejected')]: '0 0 1 0 0' }, at: '2m' },
    ],
  },
  ReplicaLags: {
    fires: {
      ...gauge(ofApp('database_replica_lag_seconds', { server: 'db-2:5432' }), 12),
      labels: { server: 'db-2:5432' },
      summary: 'the replica db-2:5432 is 12s behind',
    },
    silent: [gauge(ofApp('database_replica_lag_seconds', { server: 'db-2:5432' }), 4)],
  },
  ReplicaUnavailable: {
    fires: {
      ...gauge(ofApp('database_replica_up', { server: 'db-2:5432' }), 0),
      labels: { server: 'db-2:5432' },
      summary: 'the replica db-2:5432 serves no reads',
    },
    silent: [gauge(ofApp('database_replica_up', { server: 'db-2:5432' }), 1)],
  },
  PoolExhausted: {
    fires: {
      // Requests of an outage, which end together.
      series: {
        [ofApp('database_pool_connections', { module: 'social', state: 'waiting' })]:
          '12 12 0 8 12 12 0 8 12 12 0 8 12',
      },
      at: '3m',
      labels: { ...app, module: 'social', state: 'waiting' },
      summary: '9 queries of social wait for a connection at the host app (app:3000)',
    },
    sampled: '15s',
    silent: [
      {
        series: {
          [ofApp('database_pool_connections', { module: 'social', state: 'waiting' })]:
            '0 0 0 3 0 0 0 3 0 0 0 3 0',
          [ofApp('database_pool_connections', { module: 'social', state: 'busy' })]: always(5),
        },
        at: '3m',
      },
    ],
  },
  DeadLetters: {
    fires: {
      ...gauge(ofApp('events_dead_letters', { module: 'articles' }), 1),
      labels: { module: 'articles' },
      summary: 'articles has 1 dead letters',
    },
    silent: [gauge(ofApp('events_dead_letters', { module: 'articles' }), 0)],
  },
  OutboxOld: {
    fires: {
      ...gauge(ofApp('events_outbox_oldest_seconds', { module: 'articles' }), 400),
      labels: { module: 'articles' },
      summary: 'the outbox of articles has an event or a job from 6m 40s ago',
    },
    silent: [gauge(ofApp('events_outbox_oldest_seconds', { module: 'articles' }), 90)],
  },
  QueueDeep: {
    fires: {
      ...gauge(ofApp('events_queue_jobs', { queue: 'articles', state: 'waiting' }), 1500),
      labels: { queue: 'articles' },
      summary: '1500 events and jobs wait in the queue articles',
    },
    silent: [gauge(ofApp('events_queue_jobs', { queue: 'articles', state: 'delayed' }), 1500)],
  },
  BrokerUnreachable: {
    fires: { ...gauge(up('app'), 1), labels: {}, summary: 'the server of the queues does not answer' },
    silent: [
      {
        series: {
          [up('app')]: always(1),
          [ofApp('events_queue_jobs', { queue: 'articles', state: 'waiting' })]: always(0),
        },
        at: '10m',
      },
      // Without a process there is nothing to know about it.
      gauge(up('app'), 0),
    ],
  },
  EventsWaiting: {
    fires: {
      ...gauge(ofApp('events_inbox_waiting', { module: 'social' }), 3),
      labels: { module: 'social' },
      summary: '3 events wait in the inbox of social for an earlier one',
    },
    silent: [
      { series: { [ofApp('events_inbox_waiting', { module: 'social' })]: '0 3 3 0 3 3 3' }, at: '6m' },
    ],
  },
  EventsRefused: {
    fires: {
      series: { [ofApp('events_refused_total', { queue: 'articles' })]: '0 0 1 1' },
      at: '3m',
      labels: { queue: 'articles' },
      summary: 'the queue articles has messages that no module has signed',
    },
    silent: [gauge(ofApp('events_refused_total', { queue: 'articles' }), 1)],
  },
  CacheUnreachable: {
    fires: {
      ...gauge(ofApp('cache_redis_up'), 0),
      labels: app,
      summary: 'the host app (app:3000) reads without the cache in Redis',
    },
    silent: [gauge(ofApp('cache_redis_up'), 1)],
  },
  LimitsUnshared: {
    fires: {
      series: { [ofApp('attempts_unshared_total', { limit: 'credentials' })]: '0 0 5 5' },
      at: '3m',
      labels: { limit: 'credentials' },
      summary: 'each process counts attempts at credentials by itself',
    },
    silent: [gauge(ofApp('attempts_unshared_total', { limit: 'credentials' }), 5)],
  },
};
