import type { DataSource } from 'typeorm';
import type { Broker } from '../broker/broker.js';
import type { EventMetrics } from '../metrics/event-metrics.js';
import type { Relay } from '../outbox/relay.js';

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
  readonly relay: Relay;
  readonly metrics: EventMetrics;
  readonly shutdown: ShutdownSignals;
  /** Events that the module handles at once in this process. */
  readonly concurrency: number;
}
