import type { Position } from './consistency.js';

/** A {@link Reach} on the wire; null for a module whose position nobody knows. */
export type ReachOnWire = Readonly<Record<string, Position | null>>;

/**
 * How far the data was that a piece of work has read, by module: it shows at least what was written up to there. Whoever
 * keeps a result, to serve it again, needs to know.
 */
export class Reach {
  readonly #least = new Map<string, Position | undefined>();

  /** Something of a module was read that shows everything up to a position; undefined when that is not known. */
  note(module: string, position: Position | undefined): void {
    if (!this.#least.has(module)) this.#least.set(module, position);
    else this.#least.set(module, earlierOf(this.#least.get(module), position));
  }

  /** What another process has read for this work. */
  merge(other: ReachOnWire): void {
    for (const [module, position] of Object.entries(other)) this.note(module, position ?? undefined);
  }

  toWire(): ReachOnWire {
    return Object.fromEntries([...this.#least].map(([module, position]) => [module, position ?? null]));
  }
}

/** Of two histories, which cannot be compared, neither is known to be enough. */
function earlierOf(one: Position | undefined, other: Position | undefined): Position | undefined {
  if (one === undefined || other === undefined) return undefined;
  if (one.slice(0, one.lastIndexOf('.')) !== other.slice(0, other.lastIndexOf('.'))) return undefined;
  return one < other ? one : other;
}
