import { laterOf, type Position, type Positions } from '@tearline/seam';
import { LRUCache } from 'lru-cache';
import { RETENTION_MS, type PositionStore } from './position-store.js';

const MAX_PRINCIPALS = 20_000;
const NONE: Positions = new Map();

/** What was written through this process. Others do not know of it, unless the client brings its token. */
export class InMemoryPositionStore implements PositionStore {
  readonly #known = new LRUCache<string, Map<string, Position>>({ max: MAX_PRINCIPALS, ttl: RETENTION_MS });

  load(principal: string): Positions {
    return this.#known.get(principal) ?? NONE;
  }

  save(principal: string, positions: Positions): void {
    const known = this.#known.get(principal) ?? new Map<string, Position>();
    for (const [module, position] of positions) known.set(module, laterOf(known.get(module), position));
    this.#known.set(principal, known);
  }

  close(): void {
    this.#known.clear();
  }
}
