/** How long attempts of a key count, from the first one on. */
export const WINDOW_MS = 60_000;

/** How many attempts of a key may fail within the window. */
export interface AttemptLimit {
  readonly key: string;
  readonly max: number;
}

/** Too many attempts of a key have failed: none may be made before the milliseconds are over. */
export interface Refusal {
  readonly key: string;
  readonly forMs: number;
}

/** Whether an attempt may be made. `busy`: not now, because others are being made that may fail. */
export type Verdict = 'reserved' | 'busy' | Refusal;

/** The end of a reserved attempt for one key. `reset` forgives earlier failures. */
export type Settlement = readonly [key: string, outcome: 'failed' | 'released' | 'reset'];

/**
 * Counts failed attempts by key. An attempt is reserved before it is made, so that concurrent ones cannot all pass: failures and
 * reservations together never exceed the maximum. A reservation that is never settled counts until the window ends.
 */
export interface AttemptStore {
  /** Reserves an attempt under all limits, or under none. */
  reserve(limits: readonly AttemptLimit[]): Verdict | Promise<Verdict>;
  settle(settlements: readonly Settlement[]): void | Promise<void>;
  close?(): void;
}
