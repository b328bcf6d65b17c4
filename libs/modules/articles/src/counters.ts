import type { EntityManager } from 'typeorm';

/**
 * Appends deltas, each argument an SQL expression. The table has no key, since rows are only appended and added up: so
 * it is no entity, and this is plain SQL.
 */
export const counterInserts = ({
  kinds,
  keys,
  tags,
  delta,
}: Record<'kinds' | 'keys' | 'tags' | 'delta', string>) => `
  insert into tally_deltas (kind, key, delta)
  select kind, key, ${delta} from unnest(${kinds}, ${keys}) as counted (kind, key)
  union all
  select 'tag', tag, ${delta} from unnest(${tags}) as tag`;

const APPEND = counterInserts({
  kinds: '$1::text[]',
  keys: '$2::text[]',
  tags: '$3::text[]',
  delta: '$4::int',
});

/** Notes, in the transaction of the change, that the author has an article less with these tags. */
export async function countDeletion(
  manager: EntityManager,
  { authorId, tagList }: { authorId: number; tagList: readonly string[] },
): Promise<void> {
  await manager.query(APPEND, [['all', 'author'], ['', String(authorId)], tagList, -1]);
}

/** Notes which tags an article gained and lost. */
export async function countTagChanges(
  manager: EntityManager,
  { gained, lost }: { gained: readonly string[]; lost: readonly string[] },
): Promise<void> {
  if (gained.length > 0) await manager.query(APPEND, [[], [], gained, 1]);
  if (lost.length > 0) await manager.query(APPEND, [[], [], lost, -1]);
}
