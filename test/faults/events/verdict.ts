import type { Rig } from './rig.js';

/** What became of the entries of some aggregates. */
export interface Verdict {
  /** Answered with success. */
  readonly acknowledged: number;
  /** Entries whose effect is there, counted once. */
  readonly found: number;
  /** Answered with success, or committed, but without an effect. */
  readonly lost: number;
  /** Effects too many. */
  readonly doubled: number;
  /** Effects that came before one that was to come first. */
  readonly disordered: number;
  /** Not answered with success, and there nevertheless. */
  readonly unknownThere: number;
  readonly jobsLost: number;
  readonly jobsDoubled: number;
  /** Seconds from the commit to the effect, of the entry that waited longest. */
  readonly longestWait: number;
}

/** What writers were told. */
export interface Answers {
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

/** Counts what is there. */
export async function judge(rig: Pick<Rig, 'rows'>, name: string, answers: Answers): Promise<Verdict> {
  const like = [`${name}/%`];
  const entered = await rig.rows<{ n: number }>('select n from ledger.entries where aggregate like $1', like);
  const there = new Set(entered.map(({ n }) => n));
  const vanished = [...answers.acknowledged].filter((n) => !there.has(n)).length;
  const [counts] = await rig.rows<Omit<Verdict, 'acknowledged' | 'unknownThere'>>(COUNTS, like);
  return {
    ...counts!,
    acknowledged: answers.acknowledged.size,
    lost: counts!.lost + vanished,
    unknownThere: [...answers.unknown].filter((n) => there.has(n)).length,
  };
}

/** Whether every effect and every job is there. */
export async function isDelivered(rig: Pick<Rig, 'rows'>, name: string): Promise<boolean> {
  const [left] = await rig.rows<{ some: boolean }>(
    `select exists (
       select from ledger.entries where aggregate like $1
         and not (exists (select from copies.effects where effects.n = entries.n)
                  and exists (select from copies.stamps where stamps.n = entries.n))) as some`,
    [`${name}/%`],
  );
  return !left!.some;
}

/** How many deliveries are still to be confirmed. */
export async function unconfirmed(rig: Pick<Rig, 'rows'>): Promise<number> {
  const [left] = await rig.rows<{ count: number }>(
    'select ((select count(*) from ledger.outbox) + (select count(*) from copies.outbox))::int as count',
  );
  return left!.count;
}
