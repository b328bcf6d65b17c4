import { describe, expect, it } from 'vitest';
import { assignCores } from './machine.js';

describe('the assignment of cores', () => {
  it.each([
    [[0], { hosts: undefined, data: undefined, load: undefined, count: 1 }],
    [[2, 5], { hosts: '2', data: '5', load: '5', count: 1 }],
    [[0, 1, 2], { hosts: '0', data: '1', load: '2', count: 1 }],
    [[0, 1, 2, 3], { hosts: '0,1', data: '2', load: '3', count: 2 }],
    [[0, 1, 2, 3, 4, 5, 6, 7], { hosts: '0,1,2,3', data: '4,5', load: '7', count: 4 }],
  ])('%j are divided', (available, expected) => {
    expect(assignCores(available)).toMatchObject(expected);
  });

  it.each([3, 4, 6, 8, 16, 64])('of %i none has two purposes', (count) => {
    const { hosts, data, load } = assignCores(Array.from({ length: count }, (_, index) => index));
    const all = [hosts, data, load].flatMap((list) => list!.split(','));
    expect(new Set(all).size).toBe(all.length);
  });
});
