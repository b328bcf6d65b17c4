import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';

const COMPACTION_INTERVAL_MS = 2_000;
export const BATCH_SIZE = 20_000;
export const ADVISORY_LOCK = 7_365_628;

/** Takes a batch of deltas away and adds it to the totals, in one snapshot, so that every reader's sum is exact. */
export const COMPACT = `
  with taken as (
    delete from tally_deltas where ctid = any(array(select ctid from tally_deltas limit ${BATCH_SIZE}))
    returning kind, key, delta
  ), added as (
    insert into tallies as t (kind, key, total)
    select kind, key, sum(delta) from taken group by kind, key
    on conflict (kind, key) do update set total = t.total + excluded.total
  )
  select count(*)::int as taken from taken`;

/** Adds the appended deltas up now and then, so that reading a count touches a handful of rows. */
@Injectable()
export class CounterCompaction implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #log = new Logger(CounterCompaction.name);
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(@InjectDataSource('articles') private readonly database: DataSource) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => {
      this.#running = this.run().catch((error: unknown) =>
        this.#log.warn({ err: error }, 'tallies not added up'),
      );
    }, COMPACTION_INTERVAL_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  /** Adds up everything there is. One process does it at a time; the others leave it to that one. */
  async run(): Promise<void> {
    let taken: number;
    do {
      taken = await this.database.transaction(async (manager) => {
        const [lock] = await manager.query<{ free: boolean }[]>(
          'select pg_try_advisory_xact_lock($1) as free',
          [ADVISORY_LOCK],
        );
        if (!lock?.free) return 0;
        const [result] = await manager.query<{ taken: number }[]>(COMPACT);
        return result!.taken;
      });
    } while (taken === BATCH_SIZE);
  }
}
