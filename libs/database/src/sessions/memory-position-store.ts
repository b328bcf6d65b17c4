import { laterPosition, type Position, type PositionsByModule } from '@tearline/seam';
import { LRUCache } from 'lru-cache';

/** Every replica that serves reads has replayed older writes. */
export const RETENTION_MS = 10 * 60_000;

const MAX_PRINCIPALS = 20_000;
const NONE: PositionsByModule = new Map();

/** Stores the positions of writes through this process. Other processes learn them from the client's token only. */
export class MemoryPositionStore {
  readonly #known = new LRUCache<string, Map<string, Position>>({ max: MAX_PRINCIPALS, ttl: RETENTION_MS });

  load(principal: string): PositionsByModule {
    return this.#known.get(principal) ?? NONE;
  }

  save(principal: string, positions: PositionsByModule): void {
    const known = this.#known.get(principal) ?? new Map<string, Position>();
    for (const [module, position] of positions) known.set(module, laterPosition(known.get(module), position));
    this.#known.set(principal, known);
  }
}
