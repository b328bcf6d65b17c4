import type { EntityManager } from 'typeorm';
import { TallyDeltaEntity } from './entities/tally-delta.entity.js';

/** Notes, in the transaction of the change, that `author` has an article more (or less, by -1) with these tags. */
export async function tallyArticle(
  manager: EntityManager,
  delta: 1 | -1,
  { authorId, tagList }: { authorId: number; tagList: readonly string[] },
): Promise<void> {
  await manager.insert(TallyDeltaEntity, [
    { kind: 'all', key: '', delta },
    { kind: 'author', key: String(authorId), delta },
    ...tagList.map((key) => ({ kind: 'tag' as const, key, delta })),
  ]);
}

/** Notes which tags an article gained and lost. */
export async function tallyTags(
  manager: EntityManager,
  { gained, lost }: { gained: readonly string[]; lost: readonly string[] },
): Promise<void> {
  const deltas = [
    ...gained.map((key) => ({ kind: 'tag' as const, key, delta: 1 })),
    ...lost.map((key) => ({ kind: 'tag' as const, key, delta: -1 })),
  ];
  if (deltas.length > 0) await manager.insert(TallyDeltaEntity, deltas);
}
