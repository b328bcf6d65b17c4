import type { DataSource, EntityManager } from 'typeorm';
import type { DeliveryContext } from '../outbox/delivery.js';
import { JobGone } from './job-gone.js';

/** A job that is to be done. */
export interface JobRow {
  readonly id: number;
  readonly payload: unknown;
  readonly context: DeliveryContext;
  /** Attempts that have failed since it last got on. */
  readonly attempts: number;
  readonly created_at: Date;
}

/** The jobs of a module: rows of its outbox, which hold all that has to last. */
export class JobRows {
  /** @param schema quoted */
  constructor(
    private readonly database: DataSource,
    private readonly schema: string,
  ) {}

  /** The job, unless it is done, dead or dropped. */
  async find(id: number): Promise<JobRow | undefined> {
    const [row] = await this.database.query<JobRow[]>(
      `select id, payload, context, attempts, created_at from ${this.schema}.outbox
       where id = $1 and failed_at is null`,
      [id],
    );
    return row;
  }

  /**
   * Does `work` in the transaction that ends the job; of two attempts at once, the second finds it gone.
   * @throws JobGone
   */
  complete<T>(id: number, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.database.transaction(async (manager) => {
      const [, count] = await manager.query<[unknown[], number]>(
        `delete from ${this.schema}.outbox where id = $1 and failed_at is null`,
        [id],
      );
      if (count === 0) throw new JobGone();
      return work(manager);
    });
  }

  async done(id: number): Promise<void> {
    await this.database.query(`delete from ${this.schema}.outbox where id = $1`, [id]);
  }

  /** The next slice, behind whatever waits in the queue by now. */
  async again(id: number): Promise<void> {
    await this.database.query(
      `update ${this.schema}.outbox
       set round = round + 1, attempts = 0, error = null, sends = 0, next_at = now() where id = $1`,
      [id],
    );
  }

  /** Another attempt, later. @param counts 1 when this one counted as a failure, else 0 */
  async retry(id: number, error: string, counts: 0 | 1, waitMs: number): Promise<void> {
    await this.database.query(
      `update ${this.schema}.outbox
       set round = round + 1, attempts = attempts + $3, error = $2, sends = 0,
         next_at = now() + $4 * interval '1 millisecond'
       where id = $1 and failed_at is null`,
      [id, error, counts, waitMs],
    );
  }

  /** Nobody tries any more until an operator says so. */
  async bury(id: number, error: string): Promise<void> {
    await this.database.query(
      `update ${this.schema}.outbox
       set round = round + 1, attempts = attempts + 1, error = $2, sends = 0, failed_at = now() where id = $1`,
      [id, error],
    );
  }
}
