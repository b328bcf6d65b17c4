import { expect, it } from 'vitest';
import { z } from 'zod';
import { cached } from './cached.js';
import { Changes } from './changes.js';
import { Entry } from './entry.js';
import { MemoryLevel } from './memory-level.js';
import { stampOf } from './stamp.js';

const WHAT = cached('shop.toys', { schema: z.string(), of: ['shop'] });
const later = Date.now() + 60_000;
const entryOf = (key: string, { bytes = 10, tags = [`shop:${key}`], at = 'c.1.01' } = {}) =>
  new Entry(WHAT, key, {
    text: JSON.stringify('x'.repeat(bytes)),
    reach: { shop: at },
    tags,
    after: {},
    freshUntil: later,
    staleUntil: later,
  });

it('holds as much as fits, of what was used last, and forgets the tags of the rest', () => {
  const memory = new MemoryLevel(100_000, new Changes());
  for (let index = 0; index < 5_000; index += 1) {
    memory.set(`${index}`, { value: entryOf(`${index}`, { bytes: 1_000 }) });
    expect(memory.find('0')).toBeDefined();
  }
  expect(memory.bytes).toBeLessThanOrEqual(100_000);
  expect(memory.entries).toBeGreaterThan(20);
  expect(memory.tags).toBe(memory.entries);
});

it('does not give all of its room to one entry', () => {
  const memory = new MemoryLevel(100_000, new Changes());
  memory.set('small', { value: entryOf('small') });
  memory.set('large', { value: entryOf('large', { bytes: 40_000 }) });
  expect([memory.find('small')?.key, memory.find('large')]).toEqual(['small', undefined]);
  expect(memory.tags).toBe(1);
});

it('does not keep what has changed before it came', () => {
  const changes = new Changes();
  const memory = new MemoryLevel(100_000, changes);
  changes.note('shop:a', stampOf('c.1.05'));
  memory.set('a', { value: entryOf('a', { at: 'c.1.04' }) });
  expect(memory.find('a')?.isOutdated).toBe(true);
  memory.set('a', { value: entryOf('a', { at: 'c.1.05' }) });
  expect(memory.find('a')?.isOutdated).toBe(false);
  // Who comes late, with what is old, does not take the place of what is better.
  memory.set('a', { value: entryOf('a', { at: 'c.1.03' }) });
  expect(memory.find('a')?.isOutdated).toBe(false);
});

it('outdates what does not show a change, by any of its tags', () => {
  const memory = new MemoryLevel(100_000, new Changes());
  memory.set('a', { value: entryOf('a', { tags: ['shop:a', 'shop:all'], at: 'c.1.04' }) });
  memory.set('b', { value: entryOf('b', { tags: ['shop:b', 'shop:all'], at: 'c.1.06' }) });
  memory.outdate('shop:all', stampOf('c.1.05'));
  expect([memory.find('a')?.isOutdated, memory.find('b')?.isOutdated]).toEqual([true, false]);
  // Positions of another cluster say nothing.
  memory.outdate('shop:b', stampOf('d.1.01'));
  expect(memory.find('b')?.isOutdated).toBe(true); // Nobody looks at them again, however often that happens.
  expect([memory.entries, memory.tags]).toEqual([2, 0]);
});
