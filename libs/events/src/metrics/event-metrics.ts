import { Inject, Injectable, Optional } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import type { Broker } from '../broker/broker.js';
import { ScrapeValue } from './scrape-value.js';

/** Handlers take from a millisecond (a row) to half a minute (an image). */
const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

interface TableCounts {
  readonly outbox: number;
  readonly oldest: number;
  readonly waiting: number;
  readonly dead: number;
}
type QueueCounts = Record<string, number>;

const TABLE_GAUGES: [name: string, help: string, field: keyof TableCounts][] = [
  ['events_outbox_rows', 'Deliveries and jobs of a module that are not confirmed yet', 'outbox'],
  ['events_outbox_oldest_seconds', 'Age of the oldest one', 'oldest'],
  ['events_inbox_waiting', 'Events that a module stores until they are next in their aggregate', 'waiting'],
  ['events_dead_letters', 'Events and jobs of a module that are dead letters', 'dead'],
];

/**
 * The metrics of events and jobs. Without a Registry, none. Gauges read tables and queues at each scrape; every process that
 * has the module reports the same.
 */
@Injectable()
export class EventMetrics {
  readonly #modules = new Map<string, ScrapeValue<TableCounts>>();
  readonly #queues = new Map<string, ScrapeValue<QueueCounts>>();
  readonly #handled: Counter<'subscriber' | 'event' | 'outcome'> | undefined;
  readonly #seconds: Histogram<'subscriber' | 'event' | 'outcome'> | undefined;
  readonly #retries: Counter<'subscriber' | 'event' | 'reason'> | undefined;
  readonly #refused: Counter<'queue'> | undefined;

  constructor(@Optional() @Inject(Registry) registry?: Registry) {
    if (registry === undefined) return;
    const registers = [registry];
    const labelNames = ['subscriber', 'event', 'outcome'] as const;
    this.#handled = new Counter({
      name: 'events_handled_total',
      help: 'Attempts of handlers at events and jobs, by outcome.',
      labelNames,
      registers,
    });
    this.#seconds = new Histogram({
      name: 'events_handle_duration_seconds',
      help: 'Duration of attempts, with their transactions.',
      labelNames,
      buckets: BUCKETS_SECONDS,
      registers,
    });
    this.#retries = new Counter({
      name: 'events_retries_total',
      help: 'Events and jobs that will be tried again.',
      labelNames: ['subscriber', 'event', 'reason'],
      registers,
    });
    this.#refused = new Counter({
      name: 'events_refused_total',
      help: 'Messages in queues that the module that may send them did not sign.',
      labelNames: ['queue'],
      registers,
    });
    for (const [name, help, field] of TABLE_GAUGES)
      gauge(registry, { name, help, labelNames: ['module'] }, this.#modules, (set, module, counts) =>
        set({ module }, counts[field]),
      );
    gauge(
      registry,
      {
        name: 'events_queue_jobs',
        help: 'Events and jobs in the broker',
        labelNames: ['queue', 'state'],
      },
      this.#queues,
      (set, queue, counts) => {
        for (const [state, count] of Object.entries(counts)) set({ queue, state }, count);
      },
    );
  }

  /** @param outcome `handled`, `failed`, `retry_later`, `requeued` or `dead` */
  handled(subscriber: string, event: string, outcome: string, ms: number): void {
    this.#handled?.inc({ subscriber, event, outcome });
    this.#seconds?.observe({ subscriber, event, outcome }, ms / 1_000);
  }

  /** @param reason `failed` or `transient` */
  retried(subscriber: string, event: string, reason: 'failed' | 'transient'): void {
    this.#retries?.inc({ subscriber, event, reason });
  }

  /** Counts a message without the signature of the module that may send it. */
  refused(queue: string): void {
    this.#refused?.inc({ queue });
  }

  /** Reports what is in a module's tables. */
  watchModule(module: string, database: Pick<DataSource, 'query'>): void {
    this.#modules.set(module, new ScrapeValue(() => countRows(database, module)));
  }

  /** Reports what is in a queue. */
  watchQueue(broker: Broker, name: string): void {
    // Of a counter that begins with its first message, Prometheus sees no increase.
    this.#refused?.inc({ queue: name }, 0);
    this.#queues.set(
      name,
      new ScrapeValue(() => broker.queue(name).getJobCounts('waiting', 'active', 'delayed')),
    );
  }
}

function gauge<T>(
  registry: Registry,
  options: { name: string; help: string; labelNames: string[] },
  values: ReadonlyMap<string, ScrapeValue<T>>,
  report: (set: (labels: Record<string, string>, value: number) => void, name: string, value: T) => void,
): void {
  new Gauge({
    ...options,
    registers: [registry],
    async collect() {
      const read = await Promise.all(
        [...values].map(async ([name, value]) => [name, await value.get()] as const),
      );
      this.reset();
      for (const [name, value] of read)
        if (value !== undefined) report((labels, count) => this.set(labels, count), name, value);
    },
  });
}

async function countRows(database: Pick<DataSource, 'query'>, module: string): Promise<TableCounts> {
  const [row] = await database.query<TableCounts[]>(`
    select o.rows::float8 as outbox, o.oldest::float8 as oldest, i.waiting::float8 as waiting,
      (i.dead + o.failed)::float8 as dead
    from (
      select count(*) filter (where failed_at is null) as rows,
        coalesce(greatest(0, extract(epoch from now() - min(created_at) filter (where failed_at is null))), 0) as oldest,
        count(*) filter (where failed_at is not null) as failed
      from "${module}".outbox
    ) o, (
      select count(*) filter (where state = 'waiting') as waiting, count(*) filter (where state = 'dead') as dead
      from "${module}".inbox
    ) i`);
  return row!;
}
