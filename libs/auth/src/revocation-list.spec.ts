import { expect, it } from 'vitest';
import { RevocationList } from './revocation-list.js';

it('decides by the generation, once it is complete', () => {
  const list = new RevocationList();
  expect(list.isCurrent(1, 0, 1_000)).toBeUndefined();
  expect(list.add({ userId: 1, generation: 2, at: 5 })).toBe(true);
  expect([1, 2, 3].map((generation) => list.isCurrent(1, generation, 0))).toEqual([false, true, true]);
  expect(list.isCurrent(2, 0, 1_000)).toBeUndefined();
  list.setComplete();
  expect(list.isCurrent(2, 0, 1_000)).toBe(true);
});

it('never takes a revocation back', () => {
  const list = new RevocationList();
  list.add({ userId: 1, generation: 2, at: 5 });
  expect(list.add({ userId: 1, generation: 2, at: 6 })).toBe(false);
  expect(list.add({ userId: 1, generation: 1, at: 7 })).toBe(false);
  expect(list.isRevoked(1, 1)).toBe(true);
});

it('is bounded: it cannot decide about what is older than the changes that it dropped', () => {
  const list = new RevocationList(10);
  list.setComplete();
  const [hour, skew] = [3_600_000, 300_000];
  for (let userId = 1; userId <= 11; userId += 1) list.add({ userId, generation: 1, at: userId * hour });
  expect(list.epoch).toBe(1);
  expect(list.isCurrent(1, 0, 0)).toBeUndefined();
  expect(list.isCurrent(2, 0, 0)).toBe(false);
  expect(list.isCurrent(99, 0, hour + skew - 1)).toBeUndefined();
  expect(list.isCurrent(99, 0, hour + skew)).toBe(true);
});
