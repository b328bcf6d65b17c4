import { describe, expect, it } from 'vitest';
import type { Notification } from '../notification.schemas.js';
import { emailText } from './email-text.js';

function notification(
  names: string[],
  actorCount = names.length,
  changes: Partial<Notification> = {},
): Notification {
  return {
    id: 1,
    kind: 'favorite',
    article: { slug: 's', title: 'Tea & <b>cake</b>' },
    actors: names.map((username) => ({ username, image: null })),
    actorCount,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
    read: false,
    ...changes,
  };
}

describe('an e-mail', () => {
  it.each([
    [['ann'], 1, 'ann favorited your article'],
    [['ann', 'bob'], 2, 'ann and bob favorited your article'],
    [['ann', 'bob', 'cem'], 3, 'ann, bob and 1 other favorited your article'],
    [['ann', 'bob', 'cem'], 50, 'ann, bob and 48 others favorited your article'],
    [[], 1, 'Somebody favorited your article'],
    [[], 3, '3 people favorited your article'],
  ])('names %j of %i', (names, count, what) => {
    const { subject, text } = emailText(notification(names, count));
    expect(subject).toBe(`${what} “Tea & <b>cake</b>”`);
    expect(text).toContain(`${what} “Tea & <b>cake</b>”.`);
  });

  it('describes every kind of notification', () => {
    const said = (kind: Notification['kind'], article: Notification['article'] = null) =>
      emailText(notification(['ann'], 1, { kind, article })).subject;
    expect(said('follow')).toBe('ann followed you');
    expect(said('comment', { slug: 's', title: 'T' })).toBe('ann commented on your article “T”');
    expect(said('publish', { slug: 's', title: 'T' })).toBe('ann published “T”');
  });

  it('escapes markup', () => {
    const { html } = emailText(notification([`<img src=x onerror="a('b')">`]));
    expect(html).toContain('&lt;img src=x onerror=&quot;a(&#39;b&#39;)&quot;&gt; favorited');
    expect(html).toContain('Tea &amp; &lt;b&gt;cake&lt;/b&gt;');
  });

  it('has a one-line subject of bounded length', () => {
    const title = `one\r\nBcc: everybody@example.com\u2028two ${'😀'.repeat(500)}`;
    const { subject } = emailText(notification(['ann'], 1, { article: { slug: 's', title } }));
    expect(subject).toMatch(/^ann favorited your article “one Bcc: everybody@example.com two 😀+…$/u);
    expect(Array.from(subject)).toHaveLength(150);
  });
});
