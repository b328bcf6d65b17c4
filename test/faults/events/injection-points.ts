/** The entry whose handler ends its process, in sample modules with that defect. */
export const FATAL_ENTRY = -1;

/** A step in the delivery of an event or a job. */
export interface InjectionPointDescription {
  readonly description: string;
  /** Processes that reach it. */
  readonly roles: readonly Role[];
}

/**
 * A `host` serves requests and relays; a `worker` handles events and jobs, and relays its own outbox. `both` does all of it in one
 * process, where events need no queue.
 */
export type Role = 'host' | 'worker' | 'both';

export const injectionPoints = {
  committed: { description: 'committed, not answered', roles: ['host', 'both'] },
  selected: { description: 'relaying: rows selected', roles: ['host', 'worker', 'both'] },
  enqueued: { description: 'relaying: enqueued, not confirmed', roles: ['host', 'worker', 'both'] },
  taken: { description: 'taken without a queue, not handled', roles: ['both'] },
  handling: { description: 'handling, before the effect', roles: ['worker', 'both'] },
  effect: { description: 'effect, before the commit', roles: ['worker', 'both'] },
  handled: { description: 'handled, not confirmed', roles: ['worker', 'both'] },
  confirming: { description: 'handled without a queue, not deleted', roles: ['both'] },
  'job-running': { description: 'job, before the effect', roles: ['worker', 'both'] },
  'job-effect': { description: "job's effect, before the commit", roles: ['worker', 'both'] },
  'job-committed': { description: 'job committed, not confirmed', roles: ['worker', 'both'] },
} as const satisfies Record<string, InjectionPointDescription>;

export type InjectionPoint = keyof typeof injectionPoints;

export const injectionPointNames = Object.keys(injectionPoints) as InjectionPoint[];
