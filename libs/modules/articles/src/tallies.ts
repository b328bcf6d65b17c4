import type { EntityManager } from 'typeorm';

/** The table has no key, since rows are only appended and added up: so it is no entity, and this is plain SQL. */
const APPEND = `
  insert into tally_deltas (kind, key, delta)
  select kind, key, $4::int from unnest($1::text[], $2::text[]) as counted (kind, key)
  union all
  select 'tag', tag, $4::int from unnest($3::text[]) as tag`;

/** Notes, in the transaction of the change, that `author` has an article more (or less, by -1) with these tags. */
export async function tallyArticle(
  manager: EntityManager,
  delta: 1 | -1,
  { authorId, tagList }: { authorId: number; tagList: readonly string[] },
): Promise<void> {
  await manager.query(APPEND, [['all', 'author'], ['', String(authorId)], tagList, delta]);
}

/** Notes which tags an article gained and lost. */
export async function tallyTags(
  manager: EntityManager,
  { gained, lost }: { gained: readonly string[]; lost: readonly string[] },
): Promise<void> {
  if (gained.length > 0) await manager.query(APPEND, [[], [], gained, 1]);
  if (lost.length > 0) await manager.query(APPEND, [[], [], lost, -1]);
}
