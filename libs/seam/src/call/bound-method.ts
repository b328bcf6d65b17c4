import type { DeadlineTracker } from './deadline-tracker.js';
import type { IdempotencyStore } from './idempotency-store.js';
import type { SeamObserver } from '../seam-observer.js';

/** One method of a contract, ready to be called, wherever it runs. */
export type BoundMethod = (input: unknown) => Promise<unknown>;

/** Calls a provider's method, which may throw before it returns its promise. */
export function invoke(implementation: BoundMethod, input: unknown): Promise<unknown> {
  try {
    return implementation(input);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** What bindings share within one application. */
export interface SeamRuntime {
  readonly deadlines: DeadlineTracker;
  readonly observer: SeamObserver;
  /** Milliseconds for a call that no deadline was set for. */
  readonly defaultTimeout: number;
  /** Remembers the replies of keyed commands; without one, keys are passed on and not honoured. */
  readonly idempotency: IdempotencyStore | undefined;
}
