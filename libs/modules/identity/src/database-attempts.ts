import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { AttemptLimit, AttemptStore, Settlement, Verdict } from '@tearline/auth';
import { PeriodicTask } from '@tearline/seam';
import type { DataSource } from 'typeorm';

const PRUNE_INTERVAL_MS = 60_000;

const IS_OVER = 'a.ends_at <= now()';
/** Reserves under each limit that has room. Keys come in the same order from everywhere, so statements cannot deadlock. */
const RESERVE = `
  insert into attempts as a (key, reserved, failures, ends_at)
  select key, 1, 0, now() + interval '1 minute' from unnest($1::text[]) with ordinality as k (key, place) order by place
  on conflict (key) do update set
    reserved = case when ${IS_OVER} then 1 else a.reserved + 1 end,
    failures = case when ${IS_OVER} then 0 else a.failures end,
    ends_at = case when ${IS_OVER} then excluded.ends_at else a.ends_at end
    where ${IS_OVER} or a.reserved + a.failures
      < (select max from unnest($1::text[], $2::int[]) as l (key, max) where l.key = a.key)
  returning key`;
const FULL = `
  select key, extract(epoch from ends_at - now())::float8 * 1000 as "forMs"
    from attempts a join unnest($1::text[], $2::int[]) as l (key, max) using (key)
   where not ${IS_OVER} and failures >= max
   limit 1`;
const SETTLE = `
  insert into attempts as a (key, reserved, failures, ends_at)
  select key, 0, (outcome = 'failed')::int, now() + interval '1 minute'
    from unnest($1::text[], $2::text[]) with ordinality as s (key, outcome, place) order by place
  on conflict (key) do update set
    reserved = case when ${IS_OVER} then 0 else greatest(0, a.reserved - 1) end,
    failures = case
      when ${IS_OVER} then excluded.failures
      when 'reset' = (select outcome from unnest($1::text[], $2::text[]) as s (key, outcome) where s.key = a.key) then 0
      else a.failures + excluded.failures end,
    ends_at = case when ${IS_OVER} then excluded.ends_at else a.ends_at end`;
const PRUNE = `
  delete from attempts where key in (
    select key from attempts where ends_at < now() - interval '1 minute' for update skip locked)`;

/** Counts the attempts of all processes in a table of identity, by the clock of the primary. */
@Injectable()
export class DatabaseAttempts implements AttemptStore, OnApplicationBootstrap, OnModuleDestroy {
  readonly #pruning = new PeriodicTask('deletion of old attempts', PRUNE_INTERVAL_MS, () => this.prune());

  constructor(@InjectDataSource('identity') private readonly database: DataSource) {}

  async reserve(limits: readonly AttemptLimit[]): Promise<Verdict> {
    const keys = limits.map(({ key }) => key);
    const maxima = limits.map(({ max }) => max);
    const reserved = await this.database.query<{ key: string }[]>(RESERVE, [keys, maxima]);
    if (reserved.length === limits.length) return 'reserved';
    if (reserved.length > 0) await this.settle(reserved.map(({ key }) => [key, 'released']));
    const [full] = await this.database.query<{ key: string; forMs: number }[]>(FULL, [keys, maxima]);
    return full ?? 'busy';
  }

  async settle(settlements: readonly Settlement[]): Promise<void> {
    const keys = settlements.map(([key]) => key);
    const outcomes = settlements.map(([, outcome]) => outcome);
    await this.database.query(SETTLE, [keys, outcomes]);
  }

  onApplicationBootstrap(): void {
    this.#pruning.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.#pruning.stop();
  }

  /** Deletes windows that are over. */
  async prune(): Promise<void> {
    await this.database.query(PRUNE);
  }
}
