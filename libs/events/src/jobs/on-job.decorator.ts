import { SetMetadata } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { HandlerDecorator } from '../handlers/handler-decorator.js';
import type { JobContract, JobPayloadOf } from './job.js';

export const ON_JOB = 'events:on-job';

/** Returned by a job's handler that has done a slice of its work: the job goes to the end of its queue. */
export const REQUEUE: unique symbol = Symbol('requeue');

/** One attempt at a job. */
export interface RunningJob {
  /** From 1. */
  readonly attempt: number;
  /** Whether the job becomes a dead letter when this attempt fails. */
  readonly isLastAttempt: boolean;
  /**
   * Aborts after the job's timeout, or when the process shuts down. The handler then throws, or returns `REQUEUE`: the job of
   * a handler that returns nothing is completed.
   */
  readonly signal: AbortSignal;
  /**
   * Runs `work` in the transaction that deletes the job, so that its effect happens exactly once. Errors that the handler
   * throws afterwards are logged only.
   * @throws JobCompletedError when another attempt has completed or requeued the job
   */
  complete<T>(work: (manager: EntityManager) => Promise<T>): Promise<T>;
}

/** A method that does background work. */
export type JobHandler<J extends JobContract> = (
  payload: JobPayloadOf<J>,
  job: RunningJob,
) => Promise<void | typeof REQUEUE>;

/**
 * Marks the method of a `@Subscriber` that handles the jobs of one kind. A failed attempt is repeated, so its effects
 * belong in `job.complete` or must be idempotent.
 */
export const OnJob = <J extends JobContract>(job: J): HandlerDecorator<JobHandler<J>> =>
  SetMetadata(ON_JOB, job);
