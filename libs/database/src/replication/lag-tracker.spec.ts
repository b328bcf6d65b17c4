import { expect, it } from 'vitest';
import { LagTracker } from './lag-tracker.js';

const at = (number: number) => number.toString(16).padStart(16, '0');

it('returns the time for which the primary has been ahead of a replica', () => {
  const history = new LagTracker(10_000);
  for (let second = 0; second < 60; second += 1) history.record(at(second), second * 1000);
  expect(history.lagOf(at(59), 60_000)).toBe(0);
  expect(history.lagOf(at(70), 60_000)).toBe(0);
  expect(history.lagOf(at(58), 60_000)).toBe(1_000);
  expect(history.lagOf(at(53), 60_000)).toBe(6_000);
  expect(history.lagOf(at(0), 60_000)).toBeGreaterThanOrEqual(10_000);
});

it('reports no lag while nothing is written', () => {
  const history = new LagTracker(1_000);
  history.record(at(1), 0);
  expect(history.lagOf(at(1), 1_000_000)).toBe(0);
  history.record(at(2), 1_000_000);
  expect(history.lagOf(at(1), 1_000_005)).toBe(5);
});

it('has no samples after a reset', () => {
  const history = new LagTracker(1_000);
  history.record(at(9), 0);
  history.reset();
  expect(history.latest).toBeUndefined();
  expect(history.lagOf(at(1), 5_000)).toBe(0);
});
