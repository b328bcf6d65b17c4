import { Logger } from '@nestjs/common';
import { SeamError } from '@tearline/seam';
import type { EntityManager } from 'typeorm';
import { jittered } from '../broker/broker.js';
import type { JobBinding } from '../handlers/find-handlers.js';
import { CrashError, errorText, isTransient, MAX_CRASHES } from '../handlers/failure.js';
import { handlerCall, runHandler } from '../handlers/run-handler.js';
import { traceHandler } from '../handlers/traced-handler.js';
import { untilReachable } from '../handlers/until-reachable.js';
import type { WorkerContext } from '../handlers/worker-context.js';
import type { JobDelivery } from '../delivery.js';
import { JobCompletedError, type JobRow, JobRows } from './job-rows.js';
import { REQUEUE, type RunningJob } from './on-job.decorator.js';

const FIRST_RETRY_MS = 200;
const MAX_RETRY_MS = 10 * 60_000;
const MIN_TRANSIENT_RETRY_MS = 500;
const MAX_TRANSIENT_RETRY_MS = 30_000;

/** Runs the jobs of one kind. */
export class JobProcessor {
  readonly #log = new Logger('Jobs');
  readonly #rows: JobRows;

  constructor(
    private readonly module: string,
    private readonly binding: JobBinding,
    private readonly context: WorkerContext,
  ) {
    this.#rows = new JobRows(context.database, `"${module}"`, binding.contract.timeoutMs);
  }

  /**
   * Makes one attempt and stores its result in the job's row. When this resolves, the broker may delete its job.
   * @param crashes earlier deliveries of this job whose process ended before they did
   * @throws the error of the database when it is unreachable and the process is stopping; SeamError `unavailable` when the job must wait for another one
   */
  async process(job: JobDelivery, crashes: number): Promise<void> {
    const row = await this.#stored(() => this.#rows.find(job));
    if (!row) return;
    const began = performance.now();
    const outcome = crashes === 0 ? await this.#attempt(row) : await this.#attemptAfterCrash(row, crashes);
    this.context.metrics.handled(this.module, this.binding.contract.name, outcome, performance.now() - began);
  }

  /** Makes an attempt while no other job or event runs here during which a process has ended: then a crash is its own. */
  async #attemptAfterCrash(row: JobRow, crashes: number): Promise<string> {
    if (crashes >= MAX_CRASHES) return this.#deadLetter(row, new CrashError(crashes));
    const { suspects } = this.context;
    if (!suspects.tryAcquire())
      throw new SeamError('unavailable', { message: 'another job or event that crashed its process runs' });
    try {
      return await this.#attempt(row);
    } finally {
      suspects.release();
    }
  }

  async #attempt(row: JobRow): Promise<string> {
    const { contract, isScheduled, handle } = this.binding;
    const { stopping, aborting } = this.context.shutdown;
    const call = handlerCall(`job:${contract.name}:${row.id}`, row.context, contract.timeoutMs);
    const attempt = new Attempt(row, this.#rows, contract.attempts, AbortSignal.any([call.signal, stopping]));
    try {
      const message = {
        name: contract.name,
        module: this.module,
        id: `${this.module}:${row.id}`,
        sentAt: row.created_at,
        isScheduled,
      };
      const result = await runHandler(call, contract.timeoutMs, aborting, () =>
        traceHandler(this.context.tracer, message, async () =>
          handle(contract.payload.parse(row.payload) as never, attempt),
        ),
      );
      if (attempt.isCompleted) return 'handled';
      if (result !== REQUEUE) {
        await this.#rows.delete(row);
        return 'handled';
      }
      await this.#rows.requeue(row);
      this.context.relay.relayWithin(0);
      return 'requeued';
    } catch (error) {
      if (error instanceof JobCompletedError) return 'handled';
      if (!attempt.isCompleted) return this.#failed(row, attempt, error);
      this.#log.warn({ err: error }, `${contract.name} ${row.id} failed after it had completed the job`);
      return 'handled';
    }
  }

  async #failed(row: JobRow, attempt: Attempt, error: unknown): Promise<string> {
    const { name } = this.binding.contract;
    const isStopping = this.context.shutdown.stopping.aborted;
    if (isStopping || isTransient(error)) {
      const age = Date.now() - row.created_at.getTime();
      const backoff = Math.min(Math.max(age / 2, MIN_TRANSIENT_RETRY_MS), MAX_TRANSIENT_RETRY_MS);
      const waitMs = isStopping ? 0 : jittered(backoff);
      await this.#retry(row, error, 0, waitMs);
      this.#log.warn({ err: error }, `${name} ${row.id} interrupted; retry in ${waitMs} ms`);
      return 'retry_later';
    }
    if (attempt.isLastAttempt) return this.#deadLetter(row, error);
    const waitMs = jittered(Math.min(FIRST_RETRY_MS * 2 ** row.attempts, MAX_RETRY_MS));
    await this.#retry(row, error, 1, waitMs);
    this.#log.warn(
      { err: error },
      `${name} ${row.id} failed ${attempt.attempt} times; retry in ${waitMs} ms`,
    );
    return 'failed';
  }

  async #retry(row: JobRow, error: unknown, failedAttempts: 0 | 1, waitMs: number): Promise<void> {
    await this.#stored(() => this.#rows.retry(row, errorText(error), failedAttempts, waitMs));
    const reason = failedAttempts ? 'failed' : 'transient';
    this.context.metrics.retried(this.module, this.binding.contract.name, reason);
    this.context.relay.relayWithin(waitMs);
  }

  /** An outage of the database is no crash of this process: BullMQ would count it as one. */
  #stored<T>(work: () => Promise<T>): Promise<T> {
    return untilReachable(this.context.shutdown.stopping, work);
  }

  /** @returns the outcome of the attempt */
  async #deadLetter(row: JobRow, error: unknown): Promise<'dead' | 'failed'> {
    const { contract, isScheduled } = this.binding;
    if (isScheduled) {
      await this.#stored(() => this.#rows.delete(row));
      this.#log.error({ err: error }, `${contract.name} ${row.id} failed; its next run is not affected`);
      return 'failed';
    }
    await this.#stored(() => this.#rows.deadLetter(row, errorText(error)));
    this.#log.error({ err: error }, `${contract.name} job:${row.id} is a dead letter`);
    return 'dead';
  }
}

/** The job that a handler receives. */
class Attempt implements RunningJob {
  readonly attempt: number;
  readonly isLastAttempt: boolean;
  isCompleted = false;

  constructor(
    private readonly row: JobRow,
    private readonly rows: JobRows,
    maxAttempts: number,
    readonly signal: AbortSignal,
  ) {
    this.attempt = row.attempts + 1;
    this.isLastAttempt = this.attempt >= maxAttempts;
  }

  async complete<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const result = await this.rows.complete(this.row, work);
    this.isCompleted = true;
    return result;
  }
}
