import type pg from 'pg';
import { identityOf } from '../replication/server-status.js';
import type { ModuleData } from '../module-data.js';
import { findPlacement } from './placements.js';

/**
 * Returns the modules whose data this database has: of a database that modules have moved to, only those; of any other, all
 * but those that have moved away.
 */
export async function placedHere<T extends { readonly data: ModuleData }>(
  owner: pg.Client,
  targets: readonly T[],
  log: (line: string) => void,
): Promise<(T & { readonly isMoving: boolean })[]> {
  const found = [];
  for (const target of targets)
    found.push({ target, placement: await findPlacement(owner, target.data.schema) });
  const { cluster } = await identityOf(owner);
  const hasOnlyMoved = found.some(({ placement }) => placement && placement.lineage !== cluster);
  return found.flatMap(({ target, placement }) => {
    if (placement?.away)
      log(`${target.data.schema}: its data is at ${placement.away}, and is migrated there`);
    if (placement?.away || (hasOnlyMoved && !placement)) return [];
    return [{ ...target, isMoving: typeof placement?.peer === 'string' }];
  });
}
