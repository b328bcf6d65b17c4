import { expect, it } from 'vitest';
import { z } from 'zod';
import { defineCache } from './cache-definition.js';
import { InvalidationLog } from './invalidation-log.js';
import { Entry } from './entry.js';
import { newVersion } from './tag-version.js';

const CACHE = defineCache('shop.items', { schema: z.string(), modules: ['shop'] });
const entryAt = (position: string | null, versionsAtLoad: Record<string, string> = {}) =>
  new Entry(CACHE, 'k', '""', {
    readPositions: { shop: position },
    tags: ['shop:a'],
    versionsAtLoad,
    freshUntil: Infinity,
    staleUntil: Infinity,
  });

it('an entry is current if its position covers the invalidation, or if it was loaded with that version', () => {
  const log = new InvalidationLog();
  const version = newVersion('c.1.05');
  log.record('shop:a', version);
  expect(log.isCurrent(entryAt('c.1.04'), log.sequence)).toBe(false);
  expect(log.isCurrent(entryAt('c.1.05'), log.sequence)).toBe(true);
  expect(log.isCurrent(entryAt('c.1.04', { 'shop:a': version }), log.sequence)).toBe(true);
  expect(log.isCurrent(entryAt(null), log.sequence)).toBe(false);
});

it('distinguishes two invalidations at one position', () => {
  const log = new InvalidationLog();
  const [one, other] = [newVersion('c.1.05'), newVersion('c.1.05')];
  log.record('shop:a', one);
  log.record('shop:a', other);
  expect(log.isCurrent(entryAt('c.1.04', { 'shop:a': one }), log.sequence)).toBe(false);
  expect(log.isCurrent(entryAt('c.1.04', { 'shop:a': other }), log.sequence)).toBe(true);
});

it('keeps the later of two invalidations, in whichever order they arrive', () => {
  const log = new InvalidationLog();
  log.record('shop:a', newVersion('c.1.06'));
  log.record('shop:a', newVersion('c.1.05'));
  expect(log.isCurrent(entryAt('c.1.05'), log.sequence)).toBe(false);
});

it('keeps the version that arrives last of two in different clusters, whose positions do not compare', () => {
  const log = new InvalidationLog();
  log.record('shop:a', newVersion('c.1.05'));
  log.record('shop:a', newVersion('b.1.01'));
  expect(log.isCurrent(entryAt('c.1.06'), log.sequence)).toBe(false);
  expect(log.isCurrent(entryAt('b.1.01'), log.sequence)).toBe(true);
});

it('counts an invalidation although a later position is known: that one may be wrong', () => {
  const log = new InvalidationLog();
  const wrong = newVersion('c.1.ff');
  log.record('shop:a', wrong);
  const startedAt = log.sequence;
  const loaded = entryAt('c.1.04', { 'shop:a': wrong });
  expect(log.isCurrent(loaded, startedAt)).toBe(true);
  expect(log.record('shop:a', newVersion('c.1.05'))).toBe(true);
  expect(log.isCurrent(loaded, startedAt)).toBe(false);
  expect(log.isCurrent(loaded, log.sequence)).toBe(true);
});

it('ignores a version that it knows', () => {
  const log = new InvalidationLog();
  const version = newVersion('c.1.05');
  expect([log.record('shop:a', version), log.record('shop:a', version), log.sequence]).toEqual([
    true,
    false,
    1,
  ]);
});

it('distrusts loads that started before an invalidation that was evicted from the log', () => {
  const log = new InvalidationLog();
  const startedAt = log.sequence;
  for (let index = 0; index < 20_002; index += 1) log.record(`shop:${index}`, newVersion('c.1.05'));
  expect(log.isCurrent(entryAt('c.1.01'), startedAt)).toBe(false);
  expect(log.isCurrent(entryAt('c.1.01'), log.sequence)).toBe(true);
});

it('an invalidation without a position is included only in entries that were loaded with that version', () => {
  const log = new InvalidationLog();
  const version = newVersion(undefined);
  log.record('shop:a', version);
  expect(log.isCurrent(entryAt('c.1.99'), log.sequence)).toBe(false);
  expect(log.isCurrent(entryAt(null, { 'shop:a': version }), log.sequence)).toBe(true);
});
