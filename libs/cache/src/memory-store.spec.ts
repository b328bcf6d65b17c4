import { expect, it } from 'vitest';
import { z } from 'zod';
import { defineCache } from './cache-definition.js';
import { InvalidationLog } from './invalidation-log.js';
import { Entry } from './entry.js';
import { MemoryStore } from './memory-store.js';
import { newVersion } from './tag-version.js';

const CACHE = defineCache('shop.items', { schema: z.string(), modules: ['shop'] });
const STARTED_AT = 0;
const later = Date.now() + 60_000;
const entryOf = (key: string, { bytes = 10, tags = [`shop:${key}`], at = 'c.1.01' } = {}) =>
  new Entry(CACHE, key, JSON.stringify('x'.repeat(bytes)), {
    readPositions: { shop: at },
    tags,
    versionsAtLoad: {},
    freshUntil: later,
    staleUntil: later,
  });

it('evicts the least recently used entries, with their tags, when it is full', () => {
  const memory = new MemoryStore(100_000, new InvalidationLog());
  for (let index = 0; index < 5_000; index += 1) {
    memory.set(entryOf(`${index}`, { bytes: 1_000 }), STARTED_AT);
    expect(memory.get('0')).toBeDefined();
  }
  expect(memory.bytes).toBeLessThanOrEqual(100_000);
  expect(memory.entryCount).toBeGreaterThan(20);
  expect(memory.tagCount).toBe(memory.entryCount);
});

it('does not store an entry larger than a quarter of its size', () => {
  const memory = new MemoryStore(100_000, new InvalidationLog());
  memory.set(entryOf('small'), STARTED_AT);
  memory.set(entryOf('large', { bytes: 40_000 }), STARTED_AT);
  expect([memory.get('small')?.key, memory.get('large')]).toEqual(['small', undefined]);
  expect(memory.tagCount).toBe(1);
});

it('marks an entry that arrives after the invalidation of one of its tags', () => {
  const log = new InvalidationLog();
  const memory = new MemoryStore(100_000, log);
  log.record('shop:a', newVersion('c.1.05'));
  memory.set(entryOf('a', { at: 'c.1.04' }), STARTED_AT);
  expect(memory.get('a')?.isInvalidated).toBe(true);
  memory.set(entryOf('a', { at: 'c.1.05' }), STARTED_AT);
  expect(memory.get('a')?.isInvalidated).toBe(false);
  // A stale entry that arrives late does not replace a valid one.
  memory.set(entryOf('a', { at: 'c.1.03' }), STARTED_AT);
  expect(memory.get('a')?.isInvalidated).toBe(false);
});

it('invalidates by any tag the entries that do not include its version', () => {
  const memory = new MemoryStore(100_000, new InvalidationLog());
  memory.set(entryOf('a', { tags: ['shop:a', 'shop:all'], at: 'c.1.04' }), STARTED_AT);
  memory.set(entryOf('b', { tags: ['shop:b', 'shop:all'], at: 'c.1.06' }), STARTED_AT);
  memory.invalidate([['shop:all', newVersion('c.1.05')]]);
  expect([memory.get('a')?.isInvalidated, memory.get('b')?.isInvalidated]).toEqual([true, false]);
  // Positions of different clusters are not comparable.
  memory.invalidate([['shop:b', newVersion('d.1.01')]]);
  expect(memory.get('b')?.isInvalidated).toBe(true);
  // Invalidated entries have no tags left.
  expect([memory.entryCount, memory.tagCount]).toEqual([2, 0]);
});

it('takes no value of four bytes for an absent one', () => {
  const { metadata } = entryOf('a');
  const entryFrom = (text: string) => new Entry(CACHE, 'a', text, metadata);
  expect(entryFrom('"ab"').value).toBe('ab');
  expect(entryFrom('"null"').isNegative).toBe(false);
  expect([entryFrom('null').isNegative, entryFrom('null').value]).toEqual([true, undefined]);
});
