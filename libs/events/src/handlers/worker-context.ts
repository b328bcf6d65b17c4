import type { Tracer } from '@tearline/seam';
import type { DataSource } from 'typeorm';
import type { Broker } from '../broker/broker.js';
import type { DirectSubscribers } from '../direct/direct-subscribers.js';
import type { EventMetrics } from '../metrics/event-metrics.js';
import type { Origin } from '../origin/origin.js';
import type { Relay } from '../outbox/relay.js';
import type { Suspects } from './suspects.js';

/** The two steps in which a process stops its handlers. */
export interface ShutdownSignals {
  /** Aborts when the process begins to shut down: no new work; handlers that can stop early should. */
  readonly stopping: AbortSignal;
  /** Aborts when the grace period is over: handlers are cancelled. */
  readonly aborting: AbortSignal;
}

/** What the workers of one module use. */
export interface WorkerContext {
  readonly database: DataSource;
  readonly broker: Broker;
  /** Of this process. */
  readonly direct: DirectSubscribers;
  readonly relay: Relay;
  readonly origin: Origin;
  readonly metrics: EventMetrics;
  readonly shutdown: ShutdownSignals;
  /** Held by the one event or job of this process that runs although its process has ended during an earlier attempt. */
  readonly suspects: Suspects;
  /** Events that the module handles at once in this process. */
  readonly concurrency: number;
  readonly tracer?: Tracer | undefined;
}
