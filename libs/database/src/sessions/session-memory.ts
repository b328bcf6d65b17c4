import type { Positions } from '@tearline/seam';

/** Where the positions of principals are kept, between their requests. */
export interface SessionMemory {
  /** @returns undefined when it is not known whether there are any, so that everything must be assumed */
  recall(principal: string): Promise<Positions | undefined> | Positions;
  /** Never fails. */
  keep(principal: string, positions: Positions): Promise<void> | void;
  close(): Promise<void> | void;
}

/** By then every replica that is asked at all has long replayed what was written. */
export const KEPT_MS = 10 * 60_000;
