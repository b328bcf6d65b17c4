import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { PeriodicTask } from '@tearline/seam';
import type { DataSource } from 'typeorm';

const COMPACTION_INTERVAL_MS = 2_000;
export const BATCH_SIZE = 20_000;
export const ADVISORY_LOCK = 7_365_628;

/** Moves a batch of deltas into the totals in one snapshot, so that every reader's sum is exact. */
export const COMPACT = `
  with deleted as (
    delete from counter_deltas where ctid = any(array(select ctid from counter_deltas limit ${BATCH_SIZE}))
    returning kind, key, delta
  ), added as (
    insert into counters as t (kind, key, total)
    select kind, key, sum(delta) from deleted group by kind, key
    on conflict (kind, key) do update set total = t.total + excluded.total
  )
  select count(*)::int as deltas from deleted`;

/** Compacts the appended deltas periodically, so that reading a counter touches a handful of rows. */
@Injectable()
export class CounterCompaction implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #task = new PeriodicTask('compaction of counters', COMPACTION_INTERVAL_MS, () => this.run());

  constructor(@InjectDataSource('articles') private readonly database: DataSource) {}

  onApplicationBootstrap(): void {
    this.#task.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.#task.stop();
  }

  /** Compacts all deltas. An advisory lock lets one process run at a time; the others skip the run. */
  async run(): Promise<void> {
    let compacted: number;
    do {
      compacted = await this.database.transaction(async (manager) => {
        const [lock] = await manager.query<{ free: boolean }[]>(
          'select pg_try_advisory_xact_lock($1) as free',
          [ADVISORY_LOCK],
        );
        if (!lock?.free) return 0;
        const [result] = await manager.query<{ deltas: number }[]>(COMPACT);
        return result!.deltas;
      });
    } while (compacted === BATCH_SIZE);
  }
}
