import type { Tracer } from '@tearline/seam';

/** The process, as its spans name it. */
export interface TracedService {
  /** `service.name` when the settings give none. */
  readonly name: string;
  readonly version: string;
  readonly modules: readonly string[];
}

/** Traces of this process on their way to a collector. */
export interface Tracing {
  readonly tracer: Tracer;
  /** Sends what is recorded, for two seconds at most. Never rejects. */
  close(): Promise<void>;
}
