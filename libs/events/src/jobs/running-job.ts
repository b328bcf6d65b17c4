import type { EntityManager } from 'typeorm';

/** One attempt at a job. */
export interface RunningJob {
  /** From 1. */
  readonly attempt: number;
  /** Whether the job is dead when this attempt fails. */
  readonly isLastAttempt: boolean;
  /** Aborts when the attempt's time is over, or the process shuts down. */
  readonly signal: AbortSignal;
  /**
   * The effect and the end of the job in one transaction, so that the effect happens once. Later failures of the
   * handler change nothing any more.
   * @throws JobGone when an earlier attempt has completed the job; its effect is there
   */
  complete<T>(work: (manager: EntityManager) => Promise<T>): Promise<T>;
}
