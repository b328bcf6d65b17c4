import type { TestEnvironment } from './test-environment.js';

/** Counts of entries and their effects. */
export interface Verdict {
  /** Entries whose request succeeded. */
  readonly acknowledged: number;
  /** Entries whose effect is there, counted once. */
  readonly found: number;
  /** Entries that were acknowledged or committed, and have no effect. */
  readonly lost: number;
  /** Surplus effects. */
  readonly doubled: number;
  /** Effects that precede one of an earlier event. */
  readonly disordered: number;
  /** Entries whose request failed, and that have been committed. */
  readonly unknownThere: number;
  readonly jobsLost: number;
  readonly jobsDoubled: number;
  /** Seconds from the commit to the effect, of the entry that waited longest. */
  readonly longestWait: number;
}

/** Responses to the writers. */
export interface Responses {
  readonly acknowledged: ReadonlySet<number>;
  readonly unknown: ReadonlySet<number>;
}

const COUNTS = `
  with entry as (select * from ledger.entries where aggregate like $1),
  effect as (
    select effects.*, entry.id as entry, entry.at as entered
      from copies.effects left join entry using (aggregate, n) where aggregate like $1),
  stamp as (select * from copies.stamps where aggregate like $1)
  select
    (select count(distinct n) from effect)::int as found,
    (select count(*) from entry where not exists (select from effect where effect.n = entry.n))::int as lost,
    (select count(*) - count(distinct n) from effect)::int as doubled,
    (select count(*) from (
       select seq < max(seq) over before or entry < max(entry) over before as late from effect
         window before as (partition by aggregate order by id rows between unbounded preceding and 1 preceding)
     ) as placed where late)::int as disordered,
    (select count(*) from effect where not exists (select from stamp where stamp.n = effect.n))::int as "jobsLost",
    (select count(*) - count(distinct n) from stamp)::int as "jobsDoubled",
    (select coalesce(max(extract(epoch from at - entered)), 0) from effect)::float as "longestWait"`;

/** Counts entries, effects and jobs. */
export async function verify(
  environment: Pick<TestEnvironment, 'rows'>,
  name: string,
  answers: Responses,
): Promise<Verdict> {
  const like = [`${name}/%`];
  const entered = await environment.rows<{ n: number }>(
    'select n from ledger.entries where aggregate like $1',
    like,
  );
  const there = new Set(entered.map(({ n }) => n));
  const vanished = [...answers.acknowledged].filter((n) => !there.has(n)).length;
  const [counts] = await environment.rows<Omit<Verdict, 'acknowledged' | 'unknownThere'>>(COUNTS, like);
  return {
    ...counts!,
    acknowledged: answers.acknowledged.size,
    lost: counts!.lost + vanished,
    unknownThere: [...answers.unknown].filter((n) => there.has(n)).length,
  };
}

/** Returns whether every entry has its effect and its job. */
export async function isDelivered(
  environment: Pick<TestEnvironment, 'rows'>,
  name: string,
): Promise<boolean> {
  const [left] = await environment.rows<{ some: boolean }>(
    `select exists (
       select from ledger.entries where aggregate like $1
         and not (exists (select from copies.effects where effects.n = entries.n)
                  and exists (select from copies.stamps where stamps.n = entries.n))) as some`,
    [`${name}/%`],
  );
  return !left!.some;
}

/** Returns the number of outbox rows. */
export async function unconfirmed(environment: Pick<TestEnvironment, 'rows'>): Promise<number> {
  const [left] = await environment.rows<{ count: number }>(
    'select ((select count(*) from ledger.outbox) + (select count(*) from copies.outbox))::int as count',
  );
  return left!.count;
}
