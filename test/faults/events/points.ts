/** A step of an event's or a job's way, and who is there at the time. */
export interface Step {
  /** What has happened, and what has not yet. */
  readonly words: string;
  /** Who can die there. */
  readonly roles: readonly Role[];
}

/** `host` takes requests and relays; `worker` handles events, does jobs, and relays what it has written. */
export type Role = 'host' | 'worker';

export const steps = {
  committed: { words: 'committed, not answered', roles: ['host'] },
  claimed: { words: 'relaying: rows claimed', roles: ['host', 'worker'] },
  enqueued: { words: 'relaying: enqueued, not confirmed', roles: ['host', 'worker'] },
  handling: { words: 'handling, before the effect', roles: ['worker'] },
  effect: { words: 'effect, before the commit', roles: ['worker'] },
  handled: { words: 'handled, not confirmed', roles: ['worker'] },
  working: { words: 'job, before the effect', roles: ['worker'] },
  'work-effect': { words: "job's effect, before the commit", roles: ['worker'] },
  worked: { words: 'job committed, not finished', roles: ['worker'] },
} as const satisfies Record<string, Step>;

export type Point = keyof typeof steps;

export const points = Object.keys(steps) as Point[];
