import { expect, it } from 'vitest';
import { cursor, cursorOf } from './cursor.js';

it.each([[1], [42], [999_999_999_999_999], [1_795_356_253_205, 7]])('gives the place %j back', (...place) => {
  expect(cursor(place.length).parse(cursorOf(...place))).toEqual(place);
});

it.each([
  '',
  'x',
  '1',
  'p1',
  cursorOf(),
  cursorOf(0),
  cursorOf(-1),
  cursorOf(1.5),
  cursorOf(1, 2),
  `${cursorOf(1)}=`,
  `${cursorOf(1)} `,
  cursorOf(1e15),
  7,
  [cursorOf(1)],
])('takes nothing else: %j', (text) => {
  expect(cursor(1).safeParse(text).error?.issues).toMatchObject([{ message: 'is invalid' }]);
});
