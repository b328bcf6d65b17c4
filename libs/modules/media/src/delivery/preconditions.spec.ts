import { expect, it } from 'vitest';
import { isRangeWanted, preconditionsOf } from './preconditions.js';

const modified = new Date('2026-03-04T05:06:07.890Z');
const validators = { etag: '"abc"', modified };
const then = 'Wed, 04 Mar 2026 05:06:07 GMT';
const before = 'Wed, 04 Mar 2026 05:06:06 GMT';

it.each([
  [{}, 200],
  [{ 'if-none-match': '"abc"' }, 304],
  [{ 'if-none-match': 'W/"abc"' }, 304],
  [{ 'if-none-match': '"x", "abc"' }, 304],
  [{ 'if-none-match': '*' }, 304],
  [{ 'if-none-match': '"x"' }, 200],
  [{ 'if-none-match': '"x"', 'if-modified-since': then }, 200],
  [{ 'if-modified-since': then }, 304],
  [{ 'if-modified-since': before }, 200],
  [{ 'if-modified-since': 'nonsense' }, 200],
  [{ 'if-match': '"abc"' }, 200],
  [{ 'if-match': '*' }, 200],
  [{ 'if-match': '"x"' }, 412],
  [{ 'if-match': 'W/"abc"' }, 412],
  [{ 'if-match': '"abc"', 'if-none-match': '"abc"' }, 304],
  [{ 'if-unmodified-since': then }, 200],
  [{ 'if-unmodified-since': before }, 412],
  [{ 'if-match': '"abc"', 'if-unmodified-since': before }, 200],
])('%j is answered with %d', (headers, status) => {
  expect(preconditionsOf(headers, validators)).toBe(status);
});

it.each([
  [undefined, true],
  ['"abc"', true],
  ['"x"', false],
  ['W/"abc"', false],
  [then, true],
  [before, false],
  ['nonsense', false],
])('a range is wanted if %s: %s', (ifRange, isWanted) => {
  const headers = ifRange === undefined ? {} : { 'if-range': ifRange };
  expect(isRangeWanted(headers, validators)).toBe(isWanted);
});
