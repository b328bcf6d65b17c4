import { describe, expect, it } from 'vitest';
import { FULL, QUICK, type Schedule, expectedSeconds, scaled } from './schedule.js';

/** Hosts of monolith, microservices and media. */
const usual = [1, 6, 2];
const minutes = (schedule: Schedule) =>
  Object.values(expectedSeconds(schedule, usual)).reduce((sum, seconds) => sum + seconds, 0) / 60;

describe('the time that a run takes', () => {
  it('is about six minutes, or two thirds of an hour at most', () => {
    expect(minutes(QUICK)).toBeGreaterThan(5);
    expect(minutes(QUICK)).toBeLessThan(6.5);
    expect(minutes(FULL)).toBeGreaterThan(20);
    expect(minutes(FULL)).toBeLessThan(40);
  });

  it('grows with what is asked for', () => {
    expect(minutes(scaled(FULL, 2))).toBeGreaterThan(1.4 * minutes(FULL));
    expect(scaled(FULL, 1)).toEqual(FULL);
  });
});
