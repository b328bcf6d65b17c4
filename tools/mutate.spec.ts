import { expect, it } from 'vitest';
import { mutantsOf } from './mutate.js';

const changes = (text: string) =>
  mutantsOf(text).map(({ line, operator, before, after }) => `${line} ${operator}: ${before} → ${after}`);

it('changes conditions, operators, statements, returned values and booleans', () => {
  const source = `
function take(count: number, isKnown = true): number {
  if (count < 1) throw new Error('none');
  this.#log.warn('taken');
  cache.invalidate(count);
  return isKnown ? count : 0;
}`;
  expect(changes(source)).toEqual([
    '2 flip boolean: true → false',
    '3 negate condition: count < 1 → !(count < 1)',
    '3 replace operator: < → <=',
    "3 drop throw: throw new Error('none'); → ;",
    '5 drop statement: cache.invalidate(count); → ;',
    '6 drop returned value: isKnown ? count : 0 → undefined',
    '6 negate condition: isKnown → !(isKnown)',
  ]);
});

it('changes the locks in SQL', () => {
  const source = [
    "const NEXT = 'select id from outbox limit 1 for update skip locked';",
    'const LOCK = `select pg_advisory_xact_lock(${KEY})`;',
    "const ADD = 'insert into claims values ($1) on conflict do nothing';",
  ].join('\n');
  expect(changes(source)).toEqual([
    '1 drop row lock:  for update skip locked → ',
    '1 wait for row lock:  skip locked → ',
    '2 drop advisory lock: pg_advisory_xact_lock → ',
    '3 drop conflict clause:  on conflict do nothing → ',
  ]);
});

it('drops the directives of a configuration', () => {
  expect(changes("const lines = ['server {', `listen ${port};`, 'server_tokens off;', '}'];")).toEqual([
    "1 drop directive: `listen ${port};` → ''",
    "1 drop directive: 'server_tokens off;' → ''",
  ]);
});

it('gives the place of each change', () => {
  const source = 'const isFree = !isHeld && count === 0;';
  for (const { start, before } of mutantsOf(source))
    expect(source.slice(start, start + before.length)).toBe(before);
});
