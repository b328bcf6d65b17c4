import { describe, expect, it } from 'vitest';
import { mediaLinkedIn } from './media-links.js';

const hash = (digit: string) => digit.repeat(64);

describe('media linked in a text', () => {
  it('are found once each, with or without an origin', () => {
    const body = `![a](/media/${hash('a')}/article-960) ![b](https://example.com/media/${hash('b')}/article-480)
      and again /media/${hash('a')}/article-1600`;
    expect(mediaLinkedIn(body)).toEqual([hash('a'), hash('b')]);
  });

  it('ignore incomplete hashes', () => {
    expect(
      mediaLinkedIn(`/media/${hash('a').slice(1)}/x /media/${hash('g')}/x /media/${hash('A')}/x`),
    ).toEqual([]);
  });

  it('are limited to a hundred', () => {
    const links = Array.from(
      { length: 150 },
      (_, n) => `/media/${n.toString(16).padStart(64, '0')}/article-480`,
    );
    expect(mediaLinkedIn(links.join(' '))).toHaveLength(100);
  });
});
