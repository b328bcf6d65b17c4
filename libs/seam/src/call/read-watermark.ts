import { covers, type Position } from './consistency.js';

/** A {@link ReadWatermark} on the wire; null for a module whose position is unknown. */
export type ReadWatermarkOnWire = Readonly<Record<string, Position | null>>;

/**
 * The lowest position, by module, of the data that a piece of work has read: a result computed from it includes all
 * writes up to there. A cache stores it beside the result to decide later which readers the result may serve.
 */
export class ReadWatermark {
  readonly #lowest = new Map<string, Position | undefined>();

  /** Records a read of a module's data as of a position; undefined when the position is unknown. */
  observe(module: string, position: Position | undefined): void {
    if (!this.#lowest.has(module)) this.#lowest.set(module, position);
    else this.#lowest.set(module, earlierPosition(this.#lowest.get(module), position));
  }

  /** Adds the reads that another process did for this work. */
  merge(other: ReadWatermarkOnWire): void {
    for (const [module, position] of Object.entries(other)) this.observe(module, position ?? undefined);
  }

  toWire(): ReadWatermarkOnWire {
    return Object.fromEntries([...this.#lowest].map(([module, position]) => [module, position ?? null]));
  }
}

/** Positions of two timelines do not compare, so the earlier one of them is unknown. */
function earlierPosition(one: Position | undefined, other: Position | undefined): Position | undefined {
  if (one === undefined || other === undefined) return undefined;
  if (covers(one, other)) return other;
  return covers(other, one) ? one : undefined;
}
