import { DelayedError, type Job } from 'bullmq';

const LONGEST_MS = 30_000;

/**
 * Leaves a job of the broker for later, since this process cannot even say how it went.
 * @throws DelayedError always: how BullMQ is told
 */
export async function putOff(job: Job, token: string | undefined): Promise<never> {
  const wait = Math.min(500 * 2 ** Math.min(job.attemptsStarted, 10), LONGEST_MS) * (0.5 + Math.random() / 2);
  await job.moveToDelayed(Date.now() + wait, token);
  throw new DelayedError();
}
