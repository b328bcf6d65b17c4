import { expect, it } from 'vitest';
import { CallContext, Consistency, laterPosition } from '../index.js';

it('of two positions in one cluster keeps the later one, across timelines as well', () => {
  const order = ['c.00000001.0000000000000fff', 'c.00000001.0000000000001000', 'c.00000002.0000000000000001'];
  for (const [index, earlier] of order.entries())
    for (const later of order.slice(index)) {
      expect(laterPosition(earlier, later)).toBe(later);
      expect(laterPosition(later, earlier)).toBe(later);
    }
});

it('of two clusters, which do not compare, keeps the position that arrived last', () => {
  expect(laterPosition('d.00000009.00', 'c.00000001.00')).toBe('c.00000001.00');
  expect(laterPosition('c.00000001.00', 'd.00000009.00')).toBe('d.00000009.00');
});

it('is one for a call and for those with a tighter deadline below it', () => {
  const call = new CallContext({ requestId: 'r', deadline: 100 });
  call.withDeadline(50, 'a key').consistency.recordWrite('shop', 'c.00000001.01');
  expect([...call.consistency.written!]).toEqual([['shop', 'c.00000001.01']]);
});

it.each([
  [undefined, 'strong'],
  ['session', 'strong'],
  ['eventual', 'eventual'],
] as const)('misses nothing when it has to, unless less was asked for: %s', (asked, level) => {
  const consistency = new Consistency(asked);
  consistency.requireStrong();
  expect(consistency.toWire()).toEqual({ level });
});

it('says nothing on the wire when there is nothing to say', () => {
  expect(new Consistency().toWire()).toBeUndefined();
});
