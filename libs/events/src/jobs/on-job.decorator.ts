import { SetMetadata } from '@nestjs/common';
import type { REQUEUE } from './requeue.js';
import type { JobContract, JobPayloadOf } from './job.js';
import type { RunningJob } from './running-job.js';

export const ON_JOB = 'events:on-job';

/** A method that does background work. */
export type JobHandler<J extends JobContract> = (
  payload: JobPayloadOf<J>,
  job: RunningJob,
) => Promise<void | typeof REQUEUE>;

/**
 * Marks the method of a `@Subscriber` that does the jobs of one kind. An attempt that fails is repeated, so its
 * effects belong into `job.complete`, or must bear repetition.
 */
export const OnJob =
  <J extends JobContract>(job: J) =>
  <T extends JobHandler<J>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<T>,
  ): void => {
    SetMetadata(ON_JOB, job)(target, key, descriptor);
  };
