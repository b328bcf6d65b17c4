import { describe, expect, it } from 'vitest';
import { copiesUntilSmaller, rateOfOneCore, roundTripWithin, slopeOf } from './break-even.js';

describe('break-evens', () => {
  it('of load: where what requests cost more fills a core', () => {
    expect(rateOfOneCore(0.5)).toBe(2000);
    expect(rateOfOneCore(0)).toBeUndefined();
  });

  it('of memory: where smaller copies have made up for more processes', () => {
    expect(copiesUntilSmaller(300, 150, 50)).toBe(3);
    expect(copiesUntilSmaller(301, 150, 50)).toBe(4);
    expect(copiesUntilSmaller(-10, 150, 50)).toBe(0);
    expect(copiesUntilSmaller(300, 50, 50)).toBeUndefined();
  });

  it('of the network: where answers take as long as they may', () => {
    const points = [
      [0, 3],
      [0.5, 4],
      [2, 7],
    ] as const;
    expect(slopeOf(points)).toBeCloseTo(2);
    expect(roundTripWithin(9, points)).toBeCloseTo(3);
    expect(roundTripWithin(3, points)).toBe(0);
    expect(
      roundTripWithin(9, [
        [0, 3],
        [2, 3],
      ]),
    ).toBeUndefined();
  });
});
