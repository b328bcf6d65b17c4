import { expect, it } from 'vitest';
import { isRunBy } from './watch.js';

it.each([
  ['its own module', 'libs/modules/articles/dist/slug.js', true],
  ['another module', 'libs/modules/comments/dist/comments.service.js', false],
  ['the contract of another module', 'libs/modules/comments/dist/contract.js', true],
  ['the manifest of another module', 'libs/modules/comments/dist/index.js', true],
  ['the registry', 'libs/modules/dist/index.js', true],
  ['a library', 'libs/host/dist/index.js', true],
  ['the app of hosts', 'dist/apps/service/src/main.js', true],
  ['another app', 'dist/apps/cli/src/main.js', false],
  ['a test', 'dist/test/support/database.js', false],
])('a change of %s', (_, file, expected) => {
  expect(isRunBy(['articles', 'social'], file)).toBe(expected);
});
