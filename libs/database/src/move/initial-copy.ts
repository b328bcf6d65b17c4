import { setTimeout as sleep } from 'node:timers/promises';
import type { Replication } from './replication.js';
import type { MovedTable } from './tables.js';

const PROGRESS_INTERVAL_MS = 250;
/** Attempts of PostgreSQL to copy or apply, 5 s apart, after which the tool gives up waiting. */
const MAX_FAILURES = 6;

/** How far the initial copy is. */
export interface CopyProgress {
  readonly bytes: number;
  readonly totalBytes: number;
  readonly rows: number;
}

/** Resolves when all rows that were there have arrived. */
export async function waitForCopy(
  replication: Replication,
  tables: readonly MovedTable[],
  { progress, signal }: { progress: ((progress: CopyProgress) => void) | undefined; signal: AbortSignal },
): Promise<void> {
  const totalBytes = tables.reduce((sum, { bytes }) => sum + bytes, 0);
  for (;;) {
    const { complete, rows, bytes } = await replication.copied();
    const done = tables.filter(({ name }) => complete.includes(name));
    const sum = (of: 'bytes' | 'rows') => done.reduce((total, table) => total + table[of], 0);
    progress?.({ bytes: Math.min(totalBytes, sum('bytes') + bytes), totalBytes, rows: sum('rows') + rows });
    if (done.length === tables.length) return;
    if ((await replication.failures()) > MAX_FAILURES)
      throw new Error(
        `${replication.to.address} cannot copy from ${replication.from.address}: the log of its PostgreSQL says why. Run abort, or correct it and run move again`,
      );
    await sleep(PROGRESS_INTERVAL_MS, undefined, { signal });
  }
}
