import { describe, expect, it } from 'vitest';
import { MAX_PAGE_TEXT, withinPageSize } from './page-size.js';

const third = 'x'.repeat(MAX_PAGE_TEXT / 3);

describe('a page of a list', () => {
  it('has every item when their texts are short', () => {
    const items = [{ title: 'a', tags: ['b'], author: { bio: null }, count: 1 }, { title: 'c' }];
    expect(withinPageSize(items)).toEqual(items);
    expect(withinPageSize([])).toEqual([]);
  });

  it('ends before the item with which its texts, also of inner values, get too long', () => {
    const items = [{ body: third }, { author: { bio: third } }, { tags: ['xx', third] }, { body: 'x' }];
    expect(withinPageSize(items)).toHaveLength(2);
  });

  it('has at least one item', () => {
    const items = [third.repeat(4), 'x'];
    expect(withinPageSize(items)).toHaveLength(1);
  });
});
