/** A step in the delivery of an event or a job. */
export interface InjectionPointDescription {
  readonly description: string;
  /** Processes that reach it. */
  readonly roles: readonly Role[];
}

/** A `host` serves requests and relays; a `worker` handles events and jobs, and relays its own outbox. */
export type Role = 'host' | 'worker';

export const injectionPoints = {
  committed: { description: 'committed, not answered', roles: ['host'] },
  selected: { description: 'relaying: rows selected', roles: ['host', 'worker'] },
  enqueued: { description: 'relaying: enqueued, not confirmed', roles: ['host', 'worker'] },
  handling: { description: 'handling, before the effect', roles: ['worker'] },
  effect: { description: 'effect, before the commit', roles: ['worker'] },
  handled: { description: 'handled, not confirmed', roles: ['worker'] },
  'job-running': { description: 'job, before the effect', roles: ['worker'] },
  'job-effect': { description: "job's effect, before the commit", roles: ['worker'] },
  'job-committed': { description: 'job committed, not confirmed', roles: ['worker'] },
} as const satisfies Record<string, InjectionPointDescription>;

export type InjectionPoint = keyof typeof injectionPoints;

export const injectionPointNames = Object.keys(injectionPoints) as InjectionPoint[];
