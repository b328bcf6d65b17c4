import { SetMetadata } from '@nestjs/common';
import { z } from 'zod';
import type { HandlerDecorator } from '../handlers/handler-decorator.js';
import { job, type JobContract } from './job.js';

export const EVERY = 'events:every';

const RUN_TIMEOUT_MS = 10 * 60_000;

/** A recurring job. */
export interface Schedule {
  readonly intervalMs: number;
  /** `<module>.<work>`. */
  readonly queue: string;
}

/** Returns the contract of a schedule's runs: a run is a job without a payload that has one attempt. */
export const scheduledJob = ({ queue }: Schedule): JobContract =>
  job(queue, { payload: z.object({}), attempts: 1, timeoutMs: RUN_TIMEOUT_MS });

/**
 * Marks the method of a `@Subscriber` that runs once in each interval, in one of all processes together. A run that fails
 * is logged; the next one is not affected. No run starts while another is pending. A run has ten minutes. Work that each
 * process must do for itself is a `PeriodicTask` of `@tearline/seam`.
 * @param intervalMs milliseconds; a run starts within about two seconds of its due time
 * @param queue `<module>.<work>`, listed in the manifest's jobs
 */
export const Every = (intervalMs: number, queue: string): HandlerDecorator<() => Promise<void>> =>
  SetMetadata(EVERY, { intervalMs, queue } satisfies Schedule);
