import type { PositionsByModule } from '@tearline/seam';

/** Where the positions of principals are kept, between their requests. */
export interface PositionStore {
  /** @returns undefined when it is not known whether there are any, so that everything must be assumed */
  load(principal: string): Promise<PositionsByModule | undefined> | PositionsByModule;
  /** Never fails. */
  save(principal: string, positions: PositionsByModule): Promise<void> | void;
  close(): Promise<void> | void;
}

/** By then every replica that is asked at all has long replayed what was written. */
export const RETENTION_MS = 10 * 60_000;
