import { expect, it } from 'vitest';
import { shows } from './consistency.js';
import { Reach } from './reach.js';

const reachOf = (...positions: (string | undefined)[]) => {
  const reach = new Reach();
  for (const position of positions) reach.note('shop', position);
  return reach.toWire();
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
  const reach = new Reach();
  reach.note('shop', 'c.1.05');
  reach.merge({ shop: 'c.1.04', stock: null });
  expect(reach.toWire()).toEqual({ shop: 'c.1.04', stock: null });
});

it('shows what is not later in the same history', () => {
  expect(shows('c.1.05', 'c.1.05')).toBe(true);
  expect(shows('c.1.05', 'c.1.06')).toBe(false);
  expect(shows('c.2.05', 'c.1.04')).toBe(false);
  expect(shows('d.1.05', 'c.1.04')).toBe(false);
  expect(shows(null, 'c.1.04')).toBe(false);
});
