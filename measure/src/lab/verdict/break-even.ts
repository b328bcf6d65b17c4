/** Requests a second at which what each costs more adds up to a whole core; undefined when it costs no more. */
export function rateOfOneCore(extraMsPerRequest: number): number | undefined {
  return extraMsPerRequest > 0 ? 1000 / extraMsPerRequest : undefined;
}

/**
 * Processes of a part that must be added before the split needs less memory than the whole does with as many added.
 * @param extra what the split needs more before anything is added
 * @param whole and part what one more process of each needs
 * @returns undefined when that never happens
 */
export function copiesUntilSmaller(extra: number, whole: number, part: number): number | undefined {
  if (part >= whole) return undefined;
  return Math.max(0, Math.ceil(extra / (whole - part)));
}

/** A point: milliseconds of the network's round trip, and of an answer. */
export type Point = readonly [roundTrip: number, answer: number];

/** How much longer an answer takes for each millisecond of round trip, by the line that fits best. */
export function slopeOf(points: readonly Point[]): number {
  const [x, y] = [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis]!, 0) / points.length);
  const above = points.reduce((sum, point) => sum + (point[0] - x!) * (point[1] - y!), 0);
  const below = points.reduce((sum, point) => sum + (point[0] - x!) ** 2, 0);
  return below === 0 ? 0 : above / below;
}

/**
 * The round trip at which answers take as long as they may.
 * @returns 0 when they do without any, undefined when the network makes no difference
 */
export function roundTripWithin(limit: number, points: readonly Point[]): number | undefined {
  const slope = slopeOf(points);
  const none = points.find(([roundTrip]) => roundTrip === 0)?.[1] ?? Number.NaN;
  if (none >= limit) return 0;
  return slope > 0 ? (limit - none) / slope : undefined;
}
