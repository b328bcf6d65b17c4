import { expect, it } from 'vitest';
import { covers } from './consistency.js';
import { ReadWatermark } from './read-watermark.js';

const reachOf = (...positions: (string | undefined)[]) => {
  const readWatermark = new ReadWatermark();
  for (const position of positions) readWatermark.observe('shop', position);
  return readWatermark.toWire();
};

it('is the least of what was read of a module', () => {
  expect(reachOf('c.1.05', 'c.1.03', 'c.1.04')).toEqual({ shop: 'c.1.03' });
});

it('is not known when some of it is not, or when what was read cannot be compared', () => {
  expect(reachOf('c.1.05', undefined, 'c.1.04')).toEqual({ shop: null });
  expect(reachOf('c.1.05', 'c.2.06')).toEqual({ shop: null });
  expect(reachOf('c.1.05', 'd.1.06')).toEqual({ shop: null });
});

it('takes in what another process has read', () => {
  const readWatermark = new ReadWatermark();
  readWatermark.observe('shop', 'c.1.05');
  readWatermark.merge({ shop: 'c.1.04', stock: null });
  expect(readWatermark.toWire()).toEqual({ shop: 'c.1.04', stock: null });
});

it('shows what is not later in the same history', () => {
  expect(covers('c.1.05', 'c.1.05')).toBe(true);
  expect(covers('c.1.05', 'c.1.06')).toBe(false);
  expect(covers('c.2.05', 'c.1.04')).toBe(false);
  expect(covers('d.1.05', 'c.1.04')).toBe(false);
  expect(covers(null, 'c.1.04')).toBe(false);
});
