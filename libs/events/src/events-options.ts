import type { ModuleManifest, Tracer } from '@tearline/seam';
import type { BrokerOptions } from './broker/broker.js';

export interface EventsOptions {
  broker: BrokerOptions;
  /** Of this deployment, for the names of queues and channels; needed where several share a server. */
  namespace?: string;
  /** Of all modules, wherever they run: a publisher writes one outbox row for each subscriber. */
  manifests: readonly ModuleManifest[];
  /** Whether this process handles events and jobs; every process publishes and relays. */
  isWorker: boolean;
  /** Events that one module handles at once in this process; 2 by default. */
  concurrency?: number;
  /** Password of the user `operator` of the queues' board at `/queues`; without it, no board. */
  operatorPassword?: string | undefined;
  /** Records handled events and jobs as spans of traces. */
  tracer?: Tracer | undefined;
}

export const EVENTS_OPTIONS = Symbol('events options');
