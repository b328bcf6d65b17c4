import { z } from 'zod';
import type { Schedule } from './every.decorator.js';
import { job, type JobContract } from './job.js';

/** Scheduled work looks for itself what there is to do, which may take a while. */
const TIMEOUT_MS = 10 * 60_000;

/** A run of scheduled work, as the job that it is. */
export const scheduledJob = ({ queue }: Schedule): JobContract =>
  job(queue, { payload: z.object({}), attempts: 1, timeoutMs: TIMEOUT_MS });
