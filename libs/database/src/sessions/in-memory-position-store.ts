import { laterPosition, type Position, type PositionsByModule } from '@tearline/seam';
import { LRUCache } from 'lru-cache';
import { RETENTION_MS, type PositionStore } from './position-store.js';

const MAX_PRINCIPALS = 20_000;
const NONE: PositionsByModule = new Map();

/** What was written through this process. Others do not know of it, unless the client brings its token. */
export class InMemoryPositionStore implements PositionStore {
  readonly #known = new LRUCache<string, Map<string, Position>>({ max: MAX_PRINCIPALS, ttl: RETENTION_MS });

  load(principal: string): PositionsByModule {
    return this.#known.get(principal) ?? NONE;
  }

  save(principal: string, positions: PositionsByModule): void {
    const known = this.#known.get(principal) ?? new Map<string, Position>();
    for (const [module, position] of positions) known.set(module, laterPosition(known.get(module), position));
    this.#known.set(principal, known);
  }

  close(): void {
    this.#known.clear();
  }
}
