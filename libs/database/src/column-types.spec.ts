import pg from 'pg';
import { expect, it } from 'vitest';
import { columnTypes } from './column-types.js';

const parserOf = pg.types.getTypeParser as (oid: number, format: 'text') => (text: string) => unknown;
const asPg = (oid: number, text: string) => parserOf(oid, 'text')(text);
const parse = (oid: number, text: string) =>
  (columnTypes.getTypeParser(oid, 'text') as (text: string) => unknown)(text);

it('reads int8 as a number, alone and in lists', () => {
  expect(parse(20, '9007199254740991')).toBe(9007199254740991);
  expect(parse(1016, '{}')).toEqual([]);
  expect(parse(1016, '{1,-2}')).toEqual([1, -2]);
});

it.each([
  '{}',
  '{a}',
  '{a,b}',
  '{"a b",c}',
  String.raw`{"quote \" and \\ ",NULL}`,
  '{"NULL"}',
  '{"a,b"}',
  '{드래곤}',
])('reads the list of texts %s as pg does', (text) => {
  expect(parse(1009, text)).toEqual(asPg(1009, text));
});

it.each([
  '2026-11-22 13:02:31.123+00',
  '2026-11-22 13:02:31+00',
  '2026-11-22 13:02:31.5+00',
  '2026-11-22 13:02:31.123456+00',
  '2026-11-22 13:02:31.123+09',
  '2026-11-22 13:02:31.123-03:30',
  '0044-03-15 12:00:00+00 BC',
  '12026-01-01 00:00:00+00',
  'infinity',
])('reads the time %s as pg does', (text) => {
  expect(parse(1184, text)).toEqual(asPg(1184, text));
});
