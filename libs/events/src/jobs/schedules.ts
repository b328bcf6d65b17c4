import type { DataSource } from 'typeorm';
import type { Schedule } from './every.decorator.js';

/** Longest wait for the very first run; random, so that not all schedules start at once. */
const MAX_FIRST_WAIT_MS = 60_000;

/**
 * Due times of a module's schedules, in its `schedules` table. One statement advances a due schedule and adds its run to
 * the outbox, so that one process of all adds it. A schedule whose last run is still in the outbox is skipped.
 */
export class Schedules {
  /** @param schema quoted */
  constructor(
    private readonly database: DataSource,
    private readonly schema: string,
  ) {}

  async register(schedules: readonly Schedule[]): Promise<void> {
    for (const { queue, intervalMs } of schedules)
      await this.database.query(
        `insert into ${this.schema}.schedules as s (queue, every_ms, next_at)
         values ($1, $2::bigint, now() + random() * least($2::bigint, ${MAX_FIRST_WAIT_MS}) * interval '1 millisecond')
         on conflict (queue) do update
         set every_ms = excluded.every_ms,
           next_at = least(s.next_at, now() + excluded.every_ms * interval '1 millisecond')
         where s.every_ms <> excluded.every_ms`,
        [queue, intervalMs],
      );
  }

  /**
   * Adds the runs that are due.
   * @returns how many
   */
  async addDueRuns(queues: readonly string[]): Promise<number> {
    const [row] = await this.database.query<{ added: number }[]>(
      `with due as (
         update ${this.schema}.schedules
         set next_at = case when next_at > now() - every_ms * interval '1 millisecond' then next_at else now() end
           + every_ms * interval '1 millisecond'
         where queue = any($1) and next_at <= now() returning queue
       ), added as (
         insert into ${this.schema}.outbox (queue, type, version, payload)
         select queue, queue, 1, '{}' from due
         where not exists (select from ${this.schema}.outbox o where o.queue = due.queue)
         returning id
       )
       select count(*)::int as added from added`,
      [queues],
    );
    return row!.added;
  }
}
