import type { EventContract } from '@tearline/seam';
import type { EntityManager } from 'typeorm';
import type { Message } from '../inbox/message.js';
import type { REQUEUE } from '../jobs/requeue.js';
import type { Schedule } from '../jobs/every.decorator.js';
import type { JobContract, JobPayloadOf } from '../jobs/job.js';
import type { RunningJob } from '../jobs/running-job.js';

/** A method that handles an event. */
export interface EventBinding {
  readonly contract: EventContract;
  readonly handle: (event: Message, manager: EntityManager) => Promise<void>;
}

/** A method that does jobs of one kind. */
export interface JobBinding {
  readonly contract: JobContract;
  /** Whether the next run comes by itself, so that a failed one is logged and forgotten. */
  readonly isScheduled: boolean;
  readonly handle: (payload: JobPayloadOf<JobContract>, job: RunningJob) => Promise<void | typeof REQUEUE>;
}

/** What the providers of one module handle, by event and by queue. */
export interface Handlers {
  readonly module: string;
  readonly events: ReadonlyMap<string, EventBinding>;
  readonly jobs: ReadonlyMap<string, JobBinding>;
  /** When the scheduled ones of the jobs are due. */
  readonly schedules: readonly Schedule[];
}
