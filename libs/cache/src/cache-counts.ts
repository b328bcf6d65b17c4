/** How a reader was served: from memory, from Redis, by a load that was under way, by one of its own, past the cache. */
export type Outcome = 'memory' | 'redis' | 'waited' | 'loaded' | 'bypassed';

const OUTCOMES: readonly Outcome[] = ['memory', 'redis', 'waited', 'loaded', 'bypassed'];

/** What one kind of value has seen. */
export class CacheCounts {
  readonly reads: Record<Outcome, number> = { memory: 0, redis: 0, waited: 0, loaded: 0, bypassed: 0 };
  /** Of the reads those that were served what was about to be fetched anew. */
  stale = 0;
  /** Values that were fetched behind somebody's back. */
  refreshed = 0;
  /** Loads that failed. */
  failed = 0;

  get outcomes(): readonly (readonly [Outcome, number])[] {
    return OUTCOMES.map((outcome) => [outcome, this.reads[outcome]]);
  }
}
