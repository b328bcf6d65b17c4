import { expect, it } from 'vitest';
import { z } from 'zod';
import { cached } from './cached.js';
import { Changes } from './changes.js';
import { Entry } from './entry.js';
import { stampOf } from './stamp.js';

const WHAT = cached('shop.toys', { schema: z.string(), of: ['shop'] });
const entryAt = (position: string | null, after: Record<string, string> = {}) =>
  new Entry(WHAT, 'k', {
    text: '""',
    reach: { shop: position },
    tags: ['shop:a'],
    after,
    freshUntil: Infinity,
    staleUntil: Infinity,
  });

it('knows whether an entry shows a change, by position or because it was made after it', () => {
  const changes = new Changes();
  const stamp = stampOf('c.1.05');
  changes.note('shop:a', stamp);
  expect(changes.areIn(entryAt('c.1.04'))).toBe(false);
  expect(changes.areIn(entryAt('c.1.05'))).toBe(true);
  expect(changes.areIn(entryAt('c.1.04', { 'shop:a': stamp }))).toBe(true);
  expect(changes.areIn(entryAt(null))).toBe(false);
});

it('keeps two changes at one position apart', () => {
  const changes = new Changes();
  const [one, other] = [stampOf('c.1.05'), stampOf('c.1.05')];
  changes.note('shop:a', one);
  changes.note('shop:a', other);
  expect(changes.areIn(entryAt('c.1.04', { 'shop:a': one }))).toBe(false);
  expect(changes.areIn(entryAt('c.1.04', { 'shop:a': other }))).toBe(true);
});

it('keeps the later of two changes, in whichever order it hears of them', () => {
  const changes = new Changes();
  changes.note('shop:a', stampOf('c.1.06'));
  changes.note('shop:a', stampOf('c.1.05'));
  expect(changes.areIn(entryAt('c.1.05'))).toBe(false);
});

it('knows nothing new the second time', () => {
  const changes = new Changes();
  const stamp = stampOf('c.1.05');
  expect([changes.note('shop:a', stamp), changes.note('shop:a', stamp), changes.now]).toEqual([
    true,
    false,
    1,
  ]);
});

it('trusts nothing that began before a change which it had to forget', () => {
  const changes = new Changes();
  const began = changes.now;
  for (let index = 0; index < 20_002; index += 1) changes.note(`shop:${index}`, stampOf('c.1.05'));
  expect(changes.areIn(entryAt('c.1.01'), began)).toBe(false);
  expect(changes.areIn(entryAt('c.1.01'), changes.now)).toBe(true);
});

it('of a change that nobody knows the position of, is certain only where it was known before', () => {
  const changes = new Changes();
  const stamp = stampOf(undefined);
  changes.note('shop:a', stamp);
  expect(changes.areIn(entryAt('c.1.99'))).toBe(false);
  expect(changes.areIn(entryAt(null, { 'shop:a': stamp }))).toBe(true);
});
