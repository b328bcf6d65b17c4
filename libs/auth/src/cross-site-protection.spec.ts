import { describe, expect, it } from 'vitest';
import { CrossSiteProtection } from './cross-site-protection.js';
import { csrfTokenOf } from './session-cookies.js';

const protection = new CrossSiteProtection(['https://www.example.com']);
const secret = 'A'.repeat(43);
const check = (headers: Record<string, string>) => () =>
  protection.check({ headers, protocol: 'https', host: 'api.example.com' }, secret);
const token = { 'x-csrf-token': csrfTokenOf(secret) };
const coded = (code: string) => expect.objectContaining({ code }) as Error;

describe('a write with a session', () => {
  it.each<[string, Record<string, string>]>([
    ['a page of the host itself', { 'sec-fetch-site': 'same-origin', origin: 'https://api.example.com' }],
    ['the address bar', { 'sec-fetch-site': 'none' }],
    ['an old browser, on a page of the host', { origin: 'https://api.example.com' }],
    [
      'a trusted origin of the same site',
      { 'sec-fetch-site': 'same-site', origin: 'https://www.example.com' },
    ],
    ['a client that is no browser', {}],
  ])('from %s needs the token alone', (_, headers) => {
    expect(check({ ...headers, ...token })).not.toThrow();
    expect(check(headers)).toThrow(coded('csrf-token/forbidden'));
    expect(check({ ...headers, 'x-csrf-token': csrfTokenOf('B'.repeat(43)) })).toThrow(
      coded('csrf-token/forbidden'),
    );
  });

  it.each<[string, Record<string, string>]>([
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['a neighbour', { 'sec-fetch-site': 'same-site', origin: 'https://blog.example.com' }],
    ['another scheme', { origin: 'http://api.example.com' }],
    ['another port', { origin: 'https://api.example.com:8443' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['a site without Origin', { 'sec-fetch-site': 'cross-site' }],
  ])('from %s is refused, whatever token it has', (_, headers) => {
    expect(check({ ...headers, ...token })).toThrow(coded('origin/forbidden'));
  });
});
