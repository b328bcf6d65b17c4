import { median } from '../../bench/median.js';

/** A figure of several rounds. */
export interface Figure {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly rounds: readonly number[];
}

export function figureOf(rounds: readonly number[]): Figure {
  const known = rounds.filter((value) => Number.isFinite(value));
  if (known.length === 0) return { median: Number.NaN, low: Number.NaN, high: Number.NaN, rounds };
  return { median: median(known), low: Math.min(...known), high: Math.max(...known), rounds };
}
