/** Returns the requests a second at which the extra CPU fills a core; undefined when there is none. */
export function rateOfOneCore(extraMsPerRequest: number): number | undefined {
  return extraMsPerRequest > 0 ? 1000 / extraMsPerRequest : undefined;
}

/**
 * Returns the number of added processes from which on the split needs less memory than the baseline.
 * @param extra the memory that the split needs more before processes are added
 * @param baseline the memory of one more process of the baseline
 * @param split the memory of one more process of the split
 * @returns undefined when that never happens
 */
export function copiesUntilSmaller(extra: number, baseline: number, split: number): number | undefined {
  if (split >= baseline) return undefined;
  return Math.max(0, Math.ceil(extra / (baseline - split)));
}

/** Milliseconds of the network's round trip, and of the latency. */
export type Point = readonly [roundTrip: number, latency: number];

/** Returns the milliseconds of latency for each millisecond of round trip, by linear regression. */
export function slopeOf(points: readonly Point[]): number {
  const [x, y] = [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis]!, 0) / points.length);
  const covariance = points.reduce((sum, point) => sum + (point[0] - x!) * (point[1] - y!), 0);
  const variance = points.reduce((sum, point) => sum + (point[0] - x!) ** 2, 0);
  return variance === 0 ? 0 : covariance / variance;
}

/**
 * Returns the round trip at which the latency reaches a limit.
 * @returns 0 when it does without a network, undefined when the network makes no difference
 */
export function roundTripWithin(limit: number, points: readonly Point[]): number | undefined {
  const slope = slopeOf(points);
  const none = points.find(([roundTrip]) => roundTrip === 0)?.[1] ?? Number.NaN;
  if (none >= limit) return 0;
  return slope > 0 ? (limit - none) / slope : undefined;
}
