import { describe, expect, it } from 'vitest';
import { figureOf, medianRound, quantiles } from './statistics.js';

describe('quantiles', () => {
  it('are among the values, in any order', () => {
    const values = Array.from({ length: 101 }, (_, index) => (index * 37) % 101);
    expect(quantiles(values, [0, 0.5, 0.95, 0.99, 1])).toEqual([0, 50, 95, 99, 100]);
  });

  it('sort numerically, and do not change the values', () => {
    const values = [10, 9, 100];
    expect(quantiles(values, [0.5])).toEqual([10]);
    expect(values).toEqual([10, 9, 100]);
  });

  it('are NaN without values', () => {
    expect(quantiles([], [0.5])).toEqual([Number.NaN]);
  });
});

describe('a figure', () => {
  it('is the median of its rounds, with the lowest and the highest', () => {
    expect(figureOf([3, 1, 2, 10])).toEqual({ median: 2.5, low: 1, high: 10, rounds: [3, 1, 2, 10] });
  });

  it('ignores rounds without a value', () => {
    expect(figureOf([Number.NaN, 4]).median).toBe(4);
    expect(figureOf([]).median).toBeNaN();
  });
});

it('takes the median of each field of the rounds, and the sum of their errors', () => {
  const rounds = [
    { p50: 1, errors: 1, statements: undefined },
    { p50: 3, errors: 0, statements: undefined },
    { p50: 2, errors: 2, statements: undefined },
  ];
  expect(medianRound(rounds)).toEqual({ p50: 2, errors: 3, statements: undefined });
});
