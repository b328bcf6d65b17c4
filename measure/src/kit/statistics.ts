/** Returns the median; of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

/**
 * Returns the quantiles of the values by the nearest lower rank.
 * @returns NaN for each when there are no values
 */
export function quantiles(values: readonly number[], shares: readonly number[]): number[] {
  const sorted = Float64Array.from(values).sort();
  return shares.map((share) => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN);
}

/** Returns the sum of the values. */
export const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

/** Returns how many of the items have each key. */
export const countBy = <T>(items: Iterable<T>, keyOf: (item: T) => string): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(items, keyOf)].map(([key, all]) => [key, all.length]));

/** A figure of several rounds. */
export interface Figure {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly rounds: readonly number[];
}

/** Returns the median and the range of the rounds that have a value. */
export function figureOf(rounds: readonly number[]): Figure {
  const known = rounds.filter((value) => Number.isFinite(value));
  if (known.length === 0) return { median: Number.NaN, low: Number.NaN, high: Number.NaN, rounds };
  return { median: median(known), low: Math.min(...known), high: Math.max(...known), rounds };
}

/** Returns the median of each field by itself, and the sum of `errors`. Fields that are not numbers stay as they are. */
export function medianRound<Round extends object>(rounds: readonly Round[]): Round {
  const fields = Object.entries(rounds[0]!).map(([key, first]) => {
    const values = rounds.map((round) => round[key as keyof Round] as number);
    if (typeof first !== 'number') return [key, first as unknown];
    return [key, key === 'errors' ? sum(values) : median(values)];
  });
  return Object.fromEntries(fields) as Round;
}

/** Returns a generator of numbers from 0 to 1 (mulberry32) that repeats for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = Math.trunc(seed);
  return () => {
    state = Math.trunc(state + 0x6d_2b_79_f5);
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
