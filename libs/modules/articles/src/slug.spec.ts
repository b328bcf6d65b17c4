import { expect, it } from 'vitest';
import { slugOf } from './slug.js';

it.each([
  ['How to train your dragon', 'how-to-train-your-dragon'],
  ['  Spaces,  and: punctuation!  ', 'spaces-and-punctuation'],
  ['드래곤을 길들이는 방법', '드래곤을-길들이는-방법'],
  ['드래곤'.normalize('NFD'), '드래곤'],
  ['Çok güzel', 'çok-güzel'],
  ['हिन्दी में', 'हिन्दी-में'],
  ['???', ''],
  ['x'.repeat(500), 'x'.repeat(100)],
  [`${'x'.repeat(99)} y`, 'x'.repeat(99)],
])('%s → %s', (title, slug) => {
  expect(slugOf(title)).toBe(slug);
});
