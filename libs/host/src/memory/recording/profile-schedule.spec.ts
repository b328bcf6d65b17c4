import { expect, it } from 'vitest';
import { ProfileSchedule } from './profile-schedule.js';

const make = () => new ProfileSchedule({ step: 100, firstAt: 10_000 });
/** What a profile takes. */
const TAKES = 100;

it('is due once after the start, and then not while memory stays what it is', () => {
  const schedule = make();
  expect(schedule.isDue(9_000, 500, 0.2)).toBe(false);
  expect(schedule.isDue(10_000, 500, 0.2)).toBe(true);
  schedule.taken(10_000, TAKES, 500);
  for (const minute of [1, 60, 10_000]) expect(schedule.isDue(minute * 60_000, 590, 0.2)).toBe(false);
});

it('is due when memory has grown, and takes at most a twentieth of the time', () => {
  const schedule = make();
  schedule.taken(10_000, TAKES, 500);
  expect(schedule.isDue(11_900, 700, 0.2)).toBe(false);
  expect(schedule.isDue(12_000, 700, 0.2)).toBe(true);
});

it('becomes rarer while what has grown is garbage, and is as often as before once memory grows', () => {
  const schedule = make();
  schedule.taken(10_000, TAKES, 500);
  schedule.taken(12_000, TAKES, 500);
  expect(schedule.isDue(14_000, 700, 0.2)).toBe(false);
  expect(schedule.isDue(16_000, 700, 0.2)).toBe(true);
  schedule.taken(16_000, TAKES, 700);
  expect(schedule.isDue(18_000, 900, 0.2)).toBe(true);
});

it('is due at each share of the limit that is passed, also before the first one, and again only after a descent', () => {
  const schedule = make();
  expect(schedule.isDue(100, 500, 0.7)).toBe(true);
  schedule.taken(100, TAKES, 500);
  expect(schedule.isDue(600, 510, 0.81)).toBe(true);
  schedule.taken(600, TAKES, 510);
  expect(schedule.isDue(2_000, 510, 0.79)).toBe(false);
  expect(schedule.isDue(3_000, 510, 0.82)).toBe(false);
  expect(schedule.isDue(4_000, 400, 0.6)).toBe(false);
  expect(schedule.isDue(5_000, 510, 0.82)).toBe(true);
});
