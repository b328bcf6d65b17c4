import type { EntityManager } from 'typeorm';

/**
 * Returns SQL that appends counter deltas; each argument is an SQL expression. The table is append-only and has no key,
 * so it is no TypeORM entity.
 */
export const counterInserts = ({
  kinds,
  keys,
  tags,
  delta,
}: Record<'kinds' | 'keys' | 'tags' | 'delta', string>) => `
  insert into counter_deltas (kind, key, delta)
  select kind, key, ${delta} from unnest(${kinds}, ${keys}) as counted (kind, key)
  union all
  select 'tag', tag, ${delta} from unnest(${tags}) as tag`;

const APPEND = counterInserts({
  kinds: '$1::text[]',
  keys: '$2::text[]',
  tags: '$3::text[]',
  delta: '$4::int',
});

/** Decrements the counters of a deleted article, in the transaction of the deletion. */
export async function countDeletion(
  manager: EntityManager,
  { authorId, tagList }: { authorId: number; tagList: readonly string[] },
): Promise<void> {
  await manager.query(APPEND, [['all', 'author'], ['', String(authorId)], tagList, -1]);
}

/** Updates the counters of the tags that an article gained and lost. */
export async function countTagChanges(
  manager: EntityManager,
  { added, removed }: { added: readonly string[]; removed: readonly string[] },
): Promise<void> {
  if (added.length > 0) await manager.query(APPEND, [[], [], added, 1]);
  if (removed.length > 0) await manager.query(APPEND, [[], [], removed, -1]);
}
