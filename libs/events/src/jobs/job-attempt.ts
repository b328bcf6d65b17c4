import type { EntityManager } from 'typeorm';
import type { JobRow, JobRows } from './job-rows.js';
import type { RunningJob } from './running-job.js';

/** One attempt, as its handler sees it; knows whether the handler has completed the job. */
export class JobAttempt implements RunningJob {
  readonly attempt: number;
  readonly isLastAttempt: boolean;
  #isCompleted = false;

  constructor(
    private readonly row: JobRow,
    private readonly rows: JobRows,
    attempts: number,
    readonly signal: AbortSignal,
  ) {
    this.attempt = row.attempts + 1;
    this.isLastAttempt = this.attempt >= attempts;
  }

  get isCompleted(): boolean {
    return this.#isCompleted;
  }

  async complete<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const result = await this.rows.complete(this.row.id, work);
    this.#isCompleted = true;
    return result;
  }
}
