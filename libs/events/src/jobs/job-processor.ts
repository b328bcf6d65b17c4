import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { deliveryCall } from '../handling/delivery-call.js';
import type { Ending } from '../handling/ending.js';
import type { HandledMetrics } from '../handling/handled-metrics.js';
import type { JobBinding } from '../handling/handlers.js';
import { inTime } from '../handling/in-time.js';
import { described, isTransient } from '../handling/transient.js';
import { REQUEUE } from './requeue.js';
import { JobAttempt } from './job-attempt.js';
import { JobGone } from './job-gone.js';
import { type JobRow, JobRows } from './job-rows.js';

/** A job that ends its process so often is the cause. */
const SILENT_ENDS = 10;
const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 10 * 60_000;
const LONGEST_PUT_OFF_MS = 30_000;

/** Does the jobs of one kind. */
export class JobProcessor {
  readonly #log = new Logger('Jobs');
  readonly #rows: JobRows;

  /** @param later told in how many milliseconds the outbox has something to relay */
  constructor(
    private readonly module: string,
    database: DataSource,
    private readonly binding: JobBinding,
    private readonly metrics: HandledMetrics,
    private readonly ending: Ending,
    private readonly later: (ms: number) => void,
  ) {
    this.#rows = new JobRows(database, `"${module}"`);
  }

  /**
   * Makes one attempt, and keeps in the job's row how it went; then the broker's part is over.
   * @param stalls how often this attempt was begun before and nobody told how that ended
   * @throws when the module's database is away
   */
  async take(id: number, stalls: number): Promise<void> {
    const row = await this.#rows.find(id);
    if (!row) return;
    const { name } = this.binding.contract;
    if (stalls >= SILENT_ENDS) {
      await this.#bury(row, new Error(`begun ${stalls} times without coming back: it may end its process`));
      return;
    }
    const began = performance.now();
    const outcome = await this.#attempt(row);
    this.metrics.handled(this.module, name, outcome, performance.now() - began);
  }

  async #attempt(row: JobRow): Promise<string> {
    const { contract, handle } = this.binding;
    const call = deliveryCall(`job:${contract.name}:${row.id}`, row.context, contract.timeoutMs);
    const signal = AbortSignal.any([call.signal, this.ending.stopping]);
    const attempt = new JobAttempt(row, this.#rows, contract.attempts, signal);
    try {
      const result = await inTime(call, contract.timeoutMs, this.ending.cutting, async () =>
        handle(contract.payload.parse(row.payload) as never, attempt),
      );
      if (attempt.isCompleted) return 'handled';
      if (result !== REQUEUE) {
        await this.#rows.done(row.id);
        return 'handled';
      }
      await this.#rows.again(row.id);
      this.later(0);
      return 'again';
    } catch (error) {
      if (error instanceof JobGone) return 'handled';
      if (!attempt.isCompleted) return this.#failed(row, attempt, error);
      this.#log.warn({ err: error }, `${contract.name}: failed after it had completed job ${row.id}`);
      return 'handled';
    }
  }

  async #failed(row: JobRow, attempt: JobAttempt, error: unknown): Promise<string> {
    const { name } = this.binding.contract;
    if (isTransient(error) || this.ending.stopping.aborted) {
      const age = Date.now() - row.created_at.getTime();
      const wait = this.ending.stopping.aborted ? 0 : jittered(between(500, age / 2, LONGEST_PUT_OFF_MS));
      await this.#retry(row, error, 0, wait);
      this.#log.warn({ err: error }, `put off: ${name} ${row.id}; again in ${wait} ms`);
      return 'put-off';
    }
    if (attempt.isLastAttempt) {
      await this.#bury(row, error);
      return 'dead';
    }
    const wait = jittered(Math.min(FIRST_RETRY_MS * 2 ** row.attempts, LONGEST_RETRY_MS));
    await this.#retry(row, error, 1, wait);
    this.#log.warn({ err: error }, `failed ${attempt.attempt} times: ${name} ${row.id}; again in ${wait} ms`);
    return 'failed';
  }

  async #retry(row: JobRow, error: unknown, counts: 0 | 1, waitMs: number): Promise<void> {
    await this.#rows.retry(row.id, described(error), counts, waitMs);
    this.metrics.retried(this.module, this.binding.contract.name, counts ? 'failed' : 'transient');
    this.later(waitMs);
  }

  async #bury(row: JobRow, error: unknown): Promise<void> {
    const { contract, isScheduled } = this.binding;
    if (isScheduled) await this.#rows.done(row.id);
    else await this.#rows.bury(row.id, described(error));
    this.#log.error({ err: error }, `${isScheduled ? 'failed' : 'dead'}: ${contract.name} ${row.id}`);
  }
}

const between = (least: number, value: number, most: number) => Math.min(Math.max(value, least), most);

const jittered = (ms: number) => Math.round(ms * (0.5 + Math.random() / 2));
