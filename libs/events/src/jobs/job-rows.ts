import type { DataSource, EntityManager } from 'typeorm';
import type { DeliveryContext } from '../outbox/delivery.js';

export interface JobRow {
  readonly id: number;
  readonly payload: unknown;
  readonly context: DeliveryContext;
  /** Failed attempts since the job was added or last requeued. */
  readonly attempts: number;
  readonly created_at: Date;
}

/** Another attempt has completed the job, or an operator has dropped it. */
export class JobCompletedError extends Error {
  override readonly name = 'JobCompletedError';

  constructor() {
    super('the job is already completed');
  }
}

/**
 * The jobs of a module: rows of its outbox without an aggregate. The row holds the state that must survive a crash; the
 * broker carries only its id. `round` is part of that id: each requeue or retry is a new job of the broker.
 */
export class JobRows {
  /** @param schema quoted */
  constructor(
    private readonly database: DataSource,
    private readonly schema: string,
  ) {}

  /** Returns the job, unless it is completed, dead or dropped. */
  async find(id: number): Promise<JobRow | undefined> {
    const [row] = await this.database.query<JobRow[]>(
      `select id, payload, context, attempts, created_at from ${this.schema}.outbox
       where id = $1 and failed_at is null`,
      [id],
    );
    return row;
  }

  /**
   * Runs `work` in the transaction that deletes the job.
   * @throws JobCompletedError in the second of two concurrent attempts
   */
  complete<T>(id: number, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.database.transaction(async (manager) => {
      const [, count] = await manager.query<[unknown[], number]>(
        `delete from ${this.schema}.outbox where id = $1 and failed_at is null`,
        [id],
      );
      if (count === 0) throw new JobCompletedError();
      return work(manager);
    });
  }

  async delete(id: number): Promise<void> {
    await this.database.query(`delete from ${this.schema}.outbox where id = $1`, [id]);
  }

  /** Makes the next slice due, with all attempts. */
  async requeue(id: number): Promise<void> {
    await this.database.query(
      `update ${this.schema}.outbox
       set round = round + 1, attempts = 0, error = null, sends = 0, next_at = now() where id = $1`,
      [id],
    );
  }

  /** Makes another attempt due after `waitMs`. @param failedAttempts 1 when this attempt counts as failed, else 0 */
  async retry(id: number, error: string, failedAttempts: 0 | 1, waitMs: number): Promise<void> {
    await this.database.query(
      `update ${this.schema}.outbox
       set round = round + 1, attempts = attempts + $3, error = $2, sends = 0,
         next_at = now() + $4 * interval '1 millisecond'
       where id = $1 and failed_at is null`,
      [id, error, failedAttempts, waitMs],
    );
  }

  /** Makes the job a dead letter, which an operator retries or drops. */
  async deadLetter(id: number, error: string): Promise<void> {
    await this.database.query(
      `update ${this.schema}.outbox
       set round = round + 1, attempts = attempts + 1, error = $2, sends = 0, failed_at = now() where id = $1`,
      [id, error],
    );
  }
}
