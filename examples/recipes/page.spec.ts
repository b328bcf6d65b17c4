import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const repository = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, repository), 'utf8');
const trimmed = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');

/** A path in a comment, and the code below it. */
const excerpts = [
  ...read('docs/guide/adopting.md').matchAll(/<!-- (examples\/\S+) -->\n\n```ts\n([^]*?)```/g),
].map(([, path, code]) => [path!, code!] as const);

it('the page for adopters has excerpts', () => {
  expect(excerpts.length).toBeGreaterThan(5);
});

it.each(excerpts)('the page for adopters shows what is in %s', (path, code) => {
  // Parts that are left out are marked by an ellipsis.
  for (const part of code.split(/^\s*\/\/ …$/m)) expect(trimmed(read(path))).toContain(trimmed(part));
});
