import type { DataSource, EntityManager } from 'typeorm';
import type { DeliveryContext, JobDelivery } from '../delivery.js';

/** Lets an attempt unwind after its timeout. */
const IDLE_MARGIN_MS = 3_000;

export interface JobRow {
  readonly id: number;
  readonly round: number;
  readonly payload: unknown;
  readonly context: DeliveryContext;
  /** Failed attempts since the job was added or last requeued. */
  readonly attempts: number;
  readonly created_at: Date;
}

/** Another attempt has completed or requeued the job, or an operator has dropped it. */
export class JobCompletedError extends Error {
  override readonly name = 'JobCompletedError';

  constructor() {
    super('another attempt has completed or requeued the job');
  }
}

/**
 * The jobs of a module: rows of its outbox without an aggregate. The row holds the state that must survive a crash; the
 * broker carries its id and `round`. Each requeue and retry starts a new round, which is a job of its own in the broker. The
 * broker may deliver the job of an earlier round again: it finds no row, and changes none.
 */
export class JobRows {
  /**
   * @param schema quoted
   * @param timeoutMs of an attempt
   */
  constructor(
    private readonly database: DataSource,
    private readonly schema: string,
    private readonly timeoutMs: number,
  ) {}

  /** Returns the job, unless this round is over, or the job is completed, dead or dropped. */
  async find({ id, round }: JobDelivery): Promise<JobRow | undefined> {
    const [row] = await this.database.query<JobRow[]>(
      `select id, round, payload, context, attempts, created_at from ${this.schema}.outbox
       where id = $1 and round = $2 and failed_at is null`,
      [id, round],
    );
    return row;
  }

  /**
   * Runs `work` in the transaction that deletes the job. PostgreSQL ends a transaction that outlasts the attempt.
   * @throws JobCompletedError in the second of two concurrent attempts
   */
  complete<T>(job: JobDelivery, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.database.transaction(async (manager) => {
      const count = await this.delete(job, manager);
      if (count === 0) throw new JobCompletedError();
      return work(manager);
    });
  }

  /** @returns how many rows were deleted: 0 when this round is over */
  async delete(
    { id, round }: JobDelivery,
    manager: Pick<EntityManager, 'query'> = this.database,
  ): Promise<number> {
    const [, count] = await manager.query<[unknown[], number]>(
      `with timeout as materialized (select set_config('idle_in_transaction_session_timeout', $3, true))
       delete from ${this.schema}.outbox using timeout where id = $1 and round = $2 and failed_at is null`,
      [id, round, String(this.timeoutMs + IDLE_MARGIN_MS)],
    );
    return count;
  }

  /** Makes the next slice due, with all attempts. */
  requeue(job: JobDelivery): Promise<void> {
    return this.#startRound(job, 'attempts = 0, error = null, next_at = now()');
  }

  /** Makes another attempt due after `waitMs`. @param failedAttempts 1 when this attempt counts as failed, else 0 */
  retry(job: JobDelivery, error: string, failedAttempts: 0 | 1, waitMs: number): Promise<void> {
    return this.#startRound(
      job,
      `error = $3, attempts = attempts + $4, next_at = now() + $5 * interval '1 millisecond'`,
      error,
      failedAttempts,
      waitMs,
    );
  }

  /** Makes the job a dead letter, which an operator retries or drops. */
  deadLetter(job: JobDelivery, error: string): Promise<void> {
    return this.#startRound(job, 'error = $3, attempts = attempts + 1, failed_at = now()', error);
  }

  async #startRound({ id, round }: JobDelivery, changes: string, ...values: unknown[]): Promise<void> {
    await this.database.query(
      `update ${this.schema}.outbox set round = round + 1, sends = 0, ${changes}
       where id = $1 and round = $2 and failed_at is null`,
      [id, round, ...values],
    );
  }
}
