import { expect, it } from 'vitest';
import { findingsIn } from './check-vocabulary.js';

it.each([
  ['an identifier', 'const keptAnswers = new Map();', 'kept answer'],
  ['a constant', 'const MOST_BYTES = 10;', 'MOST_BYTES'],
  ['prose', 'Whoever calls this waits.', 'whoever'],
  ['a setting', 'CHECKED=off npm start', 'CHECKED='],
  ['the name of an import', "import './articles.provider.js';", '.provider.js'],
])('finds a word that came back in %s, with its line and the term to use', (_, line, word) => {
  const [finding, ...others] = findingsIn('libs/x.ts', `\n${line}`);
  expect(finding).toMatch(new RegExp(`^libs/x[.]ts:2: '${word}s?'; write `));
  expect(others.filter((other) => !other.startsWith('libs/x.ts:2:'))).toEqual([]);
});

it('finds one in the name of a file', () => {
  expect(findingsIn('libs/seam/src/flights.ts', '')).toEqual([expect.stringMatching(/^libs.*'flights'/)]);
});

it('accepts the terms of the field', () => {
  const text =
    "in-flight calls, singleFlight, MAX_BODY_BYTES, SEAM_CHECKED=off, Math.floor, blast radius, the user 'nobody'";
  expect(findingsIn('a.ts', text)).toEqual([]);
});
