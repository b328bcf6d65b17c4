import type { ModuleManifest } from '@tearline/seam';
import type { BrokerOptions } from './broker/broker.js';

/** How one process takes part in events and background work. */
export interface EventsOptions {
  /** Where queues are: Redis, or PostgreSQL where there is none. */
  broker: BrokerOptions;
  /** Every module's, wherever it runs: who subscribes decides what a publisher writes. */
  manifests: readonly ModuleManifest[];
  /** Whether this process handles events and jobs; every process publishes and relays. */
  isWorker: boolean;
  /** Events that one module handles at once in this process; 2 by default. */
  concurrency?: number;
  /** Opens the queues' board at `/queues` to the user `operator`; without one the path is not there. */
  operatorPassword?: string | undefined;
}

export const EVENTS_OPTIONS = Symbol('events options');
