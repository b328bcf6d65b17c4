/**
 * The values that these shares of all values stay within, by the nearest lower rank.
 * @returns NaN for each when there are no values
 */
export function quantiles(values: readonly number[], shares: readonly number[]): number[] {
  const sorted = Float64Array.from(values).sort();
  return shares.map((share) => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN);
}
