import { beforeAll, describe, expect, it, vi } from 'vitest';
import { register } from '../support/conduit.js';
import { type MediaBody, picture, uploadReady } from '../support/media.js';
import { sendRaw } from '../support/raw-http.js';
import { api } from './client.js';

/** Pictures are made one after the other, and those of all tests wait in one queue. */
vi.setConfig({ testTimeout: 120_000 });

let media: MediaBody['media'];
let path: string;
let whole: Buffer;
let etag: string;
let modified: string;

beforeAll(async () => {
  media = await uploadReady(await register(api), await picture('png', { width: 600, height: 600 }));
  path = media.urls['article-480']!;
  const response = await fetch(api.baseUrl + path);
  whole = Buffer.from(await response.arrayBuffer());
  etag = response.headers.get('etag')!;
  modified = response.headers.get('last-modified')!;
});

async function get(headers: Record<string, string> = {}, method = 'GET') {
  const response = await fetch(api.baseUrl + path, { method, headers });
  return {
    status: response.status,
    header: (name: string) => response.headers.get(name),
    content: Buffer.from(await response.arrayBuffer()),
  };
}

describe('a variant', () => {
  it('may be kept for ever, and shown by every page', async () => {
    const { status, header } = await get();
    expect(status).toBe(200);
    expect(header('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(header('content-type')).toBe('image/webp');
    expect(header('content-length')).toBe(`${whole.length}`);
    expect(header('accept-ranges')).toBe('bytes');
    expect(header('cross-origin-resource-policy')).toBe('cross-origin');
    expect(etag).toMatch(/^"[0-9a-f]{64}"$/);
    expect(Math.abs(Date.parse(modified) - Date.now())).toBeLessThan(600_000);
  });

  it('runs nothing, wherever it is opened', async () => {
    const { header } = await get();
    expect(header('x-content-type-options')).toBe('nosniff');
    expect(header('content-security-policy')).toMatch(/default-src 'none'.*sandbox/);
  });

  it('has a head that says the same', async () => {
    const [full, head] = [await get(), await get({}, 'HEAD')];
    expect(head.status).toBe(200);
    expect(head.content).toHaveLength(0);
    for (const name of ['content-length', 'content-type', 'etag', 'last-modified', 'cache-control'])
      expect([name, head.header(name)]).toEqual([name, full.header(name)]);
  });

  it('is not sent to who has it', async () => {
    const conditions: Record<string, string>[] = [
      { 'if-none-match': etag },
      { 'if-none-match': `"x", W/${etag}` },
      { 'if-modified-since': modified },
    ];
    for (const headers of conditions) {
      const { status, header, content } = await get(headers);
      expect([status, content.length, header('etag')]).toEqual([304, 0, etag]);
      expect(header('cache-control')).toContain('immutable');
    }
    expect((await get({ 'if-none-match': etag }, 'HEAD')).status).toBe(304);
    expect((await get({ 'if-none-match': '"x"' })).status).toBe(200);
    expect((await get({ 'if-match': '"x"' })).status).toBe(412);
  });

  it.each([
    ['bytes=0-9', 0, 10],
    ['bytes=100-', 100, undefined],
    ['bytes=-7', -7, undefined],
  ])('comes in parts: %s', async (range, start, end) => {
    const { status, header, content } = await get({ range });
    expect(status).toBe(206);
    expect(content.equals(whole.subarray(start, end))).toBe(true);
    const first = start < 0 ? whole.length + start : start;
    expect(header('content-range')).toBe(`bytes ${first}-${(end ?? whole.length) - 1}/${whole.length}`);
    expect(header('content-length')).toBe(`${content.length}`);
    expect(header('etag')).toBe(etag);
  });

  it('comes whole when the part that the client has is of another one, or it asks for several', async () => {
    expect((await get({ range: 'bytes=0-9', 'if-range': etag })).status).toBe(206);
    expect((await get({ range: 'bytes=0-9', 'if-range': modified })).status).toBe(206);
    const others: Record<string, string>[] = [
      { range: 'bytes=0-9', 'if-range': '"x"' },
      { range: 'bytes=0-9', 'if-range': `W/${etag}` },
      { range: 'bytes=0-1,4-5' },
      { range: 'lines=1-2' },
    ];
    for (const headers of others) {
      const { status, content } = await get(headers);
      expect([headers, status, content.length]).toEqual([headers, 200, whole.length]);
    }
  });

  it('has no part after its end', async () => {
    const { status, header } = await get({ range: `bytes=${whole.length}-` });
    expect(status).toBe(416);
    expect(header('content-range')).toBe(`bytes */${whole.length}`);
    expect(header('cache-control')).toBe('no-store');
  });
});

describe('nothing is served', () => {
  it.each([
    ['another picture', () => `/media/${'0'.repeat(64)}/avatar-64`],
    ['the original', () => `/media/${media.hash}/original`],
    ['another variant', () => `/media/${media.hash}/avatar-65`],
    ['what every object has', () => `/media/${media.hash}/constructor`],
    ['the name of the file', () => `/media/${media.hash}/${media.hash}.original`],
    ['a hash in other letters', () => path.replace(media.hash, media.hash.toUpperCase().replace(/\d/g, 'A'))],
    ['a folder', () => `/media/${media.hash}`],
    ['a file above', () => `/media/${media.hash}/..%2f..%2f..%2fetc%2fpasswd`],
    ['a hash that climbs', () => `/media/..%2f..%2fpackage.json/avatar-64`],
    ['a variant that ends early', () => `${path}%00.png`],
  ])('for %s', async (_, target) => {
    const reply = await sendRaw(api.baseUrl, { method: 'GET', path: target() });
    // nginx refuses a zero byte by itself.
    expect(reply).toBeRefused(target().includes('%00') ? [400, 404] : 404);
    expect(reply.headers.get('cache-control') ?? 'no-store').toBe('no-store');
  });
});
