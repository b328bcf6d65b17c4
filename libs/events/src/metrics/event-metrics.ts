import { Inject, Injectable, Optional } from '@nestjs/common';
import { Counter, Histogram, Registry } from 'prom-client';
import type { Broker } from '../broker/broker.js';
import type { HandledMetrics } from '../handling/handled-metrics.js';
import { measureModules } from './module-gauges.js';
import { measureQueues } from './queue-gauges.js';
import { type ModuleCounts, readCounts, type RunsQueries } from './module-counts.js';
import { Reading } from './reading.js';

/** Handlers take from a millisecond (a row) to half a minute (an image). */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** How events and jobs of this process are doing. Depths are read when somebody asks, for a second at most. */
@Injectable()
export class EventMetrics implements HandledMetrics {
  readonly #modules = new Map<string, Reading<ModuleCounts>>();
  readonly #queues = new Map<string, Reading<Record<string, number>>>();
  readonly #handled: Counter<'subscriber' | 'event' | 'outcome'> | undefined;
  readonly #seconds: Histogram<'subscriber' | 'event' | 'outcome'> | undefined;
  readonly #retries: Counter<'subscriber' | 'event' | 'reason'> | undefined;

  constructor(@Optional() @Inject(Registry) registry?: Registry) {
    if (registry === undefined) return;
    const registers = [registry];
    const labelNames = ['subscriber', 'event', 'outcome'] as const;
    this.#handled = new Counter({
      name: 'events_handled_total',
      help: 'Events and jobs that handlers were given, by how that ended.',
      labelNames,
      registers,
    });
    this.#seconds = new Histogram({
      name: 'events_handle_duration_seconds',
      help: 'How long handlers took, with their transactions.',
      labelNames,
      buckets: SECONDS,
      registers,
    });
    this.#retries = new Counter({
      name: 'events_retries_total',
      help: 'Events and jobs put back to be tried again.',
      labelNames: ['subscriber', 'event', 'reason'],
      registers,
    });
    measureModules(registry, this.#modules);
    measureQueues(registry, this.#queues);
  }

  /** @param outcome e.g. `done`, `duplicate`, `failed`, `dead` */
  handled(subscriber: string, event: string, outcome: string, ms: number): void {
    this.#handled?.inc({ subscriber, event, outcome });
    this.#seconds?.observe({ subscriber, event, outcome }, ms / 1_000);
  }

  /** @param reason e.g. `error`, `unavailable`, `version` */
  retried(subscriber: string, event: string, reason: string): void {
    this.#retries?.inc({ subscriber, event, reason });
  }

  /** Counts what a module has in its tables; its DataSource will do. */
  watchModule(module: string, database: RunsQueries): void {
    this.#modules.set(module, new Reading(() => readCounts(database, module)));
  }

  /** Counts what a queue holds. */
  watchQueue(broker: Broker, name: string): void {
    this.#queues.set(
      name,
      new Reading(() => broker.queue(name).getJobCounts('waiting', 'active', 'delayed')),
    );
  }
}
