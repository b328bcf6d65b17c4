/** Told of everything that a handler was asked to do. */
export interface HandledMetrics {
  handled(subscriber: string, event: string, outcome: string, ms: number): void;
  retried(subscriber: string, event: string, reason: string): void;
}
