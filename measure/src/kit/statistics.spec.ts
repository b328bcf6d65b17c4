import { describe, expect, it } from 'vitest';
import { quantiles } from './statistics.js';
import { figureOf } from '../lab/stats/figure.js';

describe('quantiles', () => {
  it('are values that were seen, whatever order they came in', () => {
    const values = Array.from({ length: 101 }, (_, index) => (index * 37) % 101);
    expect(quantiles(values, [0, 0.5, 0.95, 0.99, 1])).toEqual([0, 50, 95, 99, 100]);
  });

  it('sort numbers as numbers, and leave the values alone', () => {
    const values = [10, 9, 100];
    expect(quantiles(values, [0.5])).toEqual([10]);
    expect(values).toEqual([10, 9, 100]);
  });

  it('are unknown when nothing was seen', () => {
    expect(quantiles([], [0.5])).toEqual([Number.NaN]);
  });
});

describe('a figure', () => {
  it('is the median of its rounds, with the lowest and the highest', () => {
    expect(figureOf([3, 1, 2, 10])).toEqual({ median: 2.5, low: 1, high: 10, rounds: [3, 1, 2, 10] });
  });

  it('leaves out rounds that found nothing', () => {
    expect(figureOf([Number.NaN, 4]).median).toBe(4);
    expect(figureOf([]).median).toBeNaN();
  });
});
