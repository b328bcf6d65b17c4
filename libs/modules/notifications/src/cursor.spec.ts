import { expect, it } from 'vitest';
import { cursorOf, placeOf } from './cursor.js';

it.each([1, 42, Number.MAX_SAFE_INTEGER])('gives the place %i back', (place) => {
  expect(placeOf(cursorOf(place))).toBe(place);
});

it.each([
  '',
  'x',
  '1',
  'p1',
  cursorOf(0),
  cursorOf(-1),
  cursorOf(1.5),
  `${cursorOf(1)}=`,
  `${cursorOf(1)} `,
  cursorOf(1e17),
])('takes nothing else: %j', (text) => {
  expect(placeOf(text)).toBeUndefined();
});
