import type { IncomingMessage, ServerResponse } from 'node:http';
import { EdgeCache } from '@tearline/cache';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { unique } from '../support/conduit.js';
import { sendBytes, sendRaw } from '../support/raw-http.js';
import { Origin, read, type Seen, shared, startEdgeCache, type TestEdgeCache } from './edge-cache.js';

let edge: TestEdgeCache;
let origin: Origin;
/** A page of its own for each test. */
let page: string;

beforeAll(async () => {
  edge = await startEdgeCache();
  ({ origin } = edge);
});
afterAll(() => edge.stop());
beforeEach(async () => {
  await origin.start().catch(() => undefined);
  page = `/api/articles/${unique('page')}`;
  version = 0;
  origin.requests.length = 0;
  origin.answer = (_request, response) => send(response, 200, shared(`${keyOf(page)} list`));
});

/** How often the origin has answered the test. */
let version = 0;
const keyOf = (path: string) =>
  path
    .split('/')
    .at(-1)!
    .replaceAll(/[^\w-]/g, '');

function send(response: ServerResponse, status: number, headers: Record<string, string> = {}) {
  version += 1;
  const body = `version ${version}`;
  response.writeHead(status, { ...headers, 'content-length': String(body.length) });
  response.end(body);
}
const texts = (seen: readonly Seen[]) => seen.map(({ text }) => text);

describe('an edge cache', () => {
  it('answers anonymous readers, and shows them nothing of its own', async () => {
    const [first, second] = [await read(edge, page), await read(edge, page)];
    expect([first.from, second.from, second.text]).toEqual(['MISS', 'HIT', 'version 1']);
    expect(second.headers.get('age')).toMatch(/^\d+$/);
    expect(second.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
    for (const name of ['surrogate-key', 'xkey', 'cdn-cache-control', 'x-varnish', 'via'])
      expect(second.headers.get(name)).toBeNull();
    expect([...second.headers.keys()].filter((name) => name.startsWith('edge-'))).toEqual([]);
  });

  it('asks the origin for the latest version', async () => {
    await read(edge, page);
    expect(origin.requests.map(({ headers }) => headers['consistency'])).toEqual(['strong']);
  });

  it('fetches a page once for all who wait for it', async () => {
    const gate = Promise.withResolvers<void>();
    origin.answer = (_request, response) =>
      void gate.promise.then(() => send(response, 200, shared(keyOf(page))));
    const readers = Array.from({ length: 30 }, () => read(edge, page));
    await expect.poll(() => origin.requests.length).toBe(1);
    gate.resolve();
    expect(new Set(texts(await Promise.all(readers)))).toEqual(new Set(['version 1']));
    expect(origin.requests).toHaveLength(1);
  });

  it('knows one page in each order of its parameters', async () => {
    await read(edge, `${page}?a=1&b=2`);
    expect(await read(edge, `${page}?b=2&a=1`)).toMatchObject({ from: 'HIT' });
    expect(await read(edge, `${page}?a=1&b=3`)).toMatchObject({ from: 'MISS' });
  });

  it('answers HEAD, ranges and conditions from a stored page', async () => {
    origin.answer = (_request, response) => send(response, 200, { ...shared('x'), etag: '"one"' });
    await read(edge, page);
    expect(await read(edge, page, {}, 'HEAD')).toMatchObject({ from: 'HIT', text: '', status: 200 });
    expect(await read(edge, page, { range: 'bytes=0-6' })).toMatchObject({ status: 206, text: 'version' });
    expect(await read(edge, page, { 'if-none-match': '"one"' })).toMatchObject({ status: 304, text: '' });
    expect(await read(edge, page, { 'if-none-match': '"two"' })).toMatchObject({ status: 200 });
    const beyond = await read(edge, page, { range: 'bytes=9-' });
    expect([beyond.status, beyond.headers.get('cache-control')]).toEqual([416, 'no-store']);
    expect(origin.requests).toHaveLength(1);
  });

  it('stores whole pages when a reader asks for a part', async () => {
    expect(await read(edge, page, { range: 'bytes=0-2' })).toMatchObject({ status: 206, text: 'ver' });
    expect(origin.requests[0]!.headers.range).toBeUndefined();
    expect(await read(edge, page)).toMatchObject({ from: 'HIT', text: 'version 1' });
  });

  it('stores an absence until it is purged', async () => {
    origin.answer = (_request, response) => send(response, 404, shared(keyOf(page), 'max-age=10'));
    await read(edge, page);
    expect(await read(edge, page)).toMatchObject({ from: 'HIT', status: 404 });
    origin.answer = (_request, response) => send(response, 200, shared(keyOf(page)));
    await edge.purges.purge([keyOf(page)]);
    expect(await read(edge, page)).toMatchObject({ status: 200, text: 'version 2' });
  });
});

describe('passes to the origin, and is stored for no reader:', () => {
  it.each([
    ['a token', { authorization: 'Token x' }],
    ['a session', { cookie: 'theme=dark; session=x' }],
    ['a secure session', { cookie: '__Host-session=x' }],
    ['a browser that has written', { cookie: 'written=yes' }],
    ['a consistency token', { 'consistency-token': 'x' }],
    ['a consistency level', { consistency: 'strong' }],
    ['a list of conditions', { 'if-none-match': '"x", "y"' }],
    ['a precondition', { 'if-match': '"x"' }],
    ['another precondition', { 'if-unmodified-since': 'Wed, 04 Mar 2026 05:06:07 GMT' }],
  ])('a request with %s', async (_, headers: Record<string, string>) => {
    await read(edge, page);
    expect(await read(edge, page, headers)).toMatchObject({ from: 'PASS', text: 'version 2' });
    expect(await read(edge, page)).toMatchObject({ from: 'HIT', text: 'version 1' });
    const other = `${page}-other`;
    expect(await read(edge, other, headers)).toMatchObject({ from: 'PASS', text: 'version 3' });
    expect(await read(edge, other)).toMatchObject({ from: 'MISS', text: 'version 4' });
  });

  it('a GET with a body, which no other reader has sent', async () => {
    await read(edge, page);
    const body = '{"tag":"x"}';
    const reply = await sendRaw(edge.url, { method: 'GET', path: page, body });
    expect(reply.headers.get('x-cache')).toBe('PASS');
    await sendRaw(edge.url, {
      method: 'GET',
      path: `${page}-chunked`,
      body: [Buffer.from(body), Buffer.from(body)],
    });
    expect(origin.requests.at(-1)!.headers).not.toHaveProperty('transfer-encoding');
    expect(await read(edge, page)).toMatchObject({ from: 'HIT', text: 'version 1' });
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('the method %s', async (method) => {
    await read(edge, page);
    expect(await read(edge, page, {}, method)).toMatchObject({ from: 'PASS', text: 'version 2' });
    expect(await read(edge, page)).toMatchObject({ from: 'HIT', text: 'version 1' });
  });

  it.each([
    '/api/user',
    '/api/user/x.css',
    '/api/users',
    '/api/notifications',
    '/docs',
    '/api/articles/a/b/c',
  ])('the path %s, also if the response allows it', async (path) => {
    await read(edge, path);
    expect(await read(edge, path)).toMatchObject({ from: 'PASS', text: 'version 2' });
  });

  it('a browser is known to have written', async () => {
    origin.answer = (_request, response) => send(response, 201, { 'set-cookie': 'session=new' });
    const { headers } = await read(edge, page, {}, 'POST');
    expect(headers.getSetCookie()).toEqual([
      'session=new',
      'written=yes; Path=/; Max-Age=60; HttpOnly; SameSite=Lax',
    ]);
    expect((await read(edge, page)).headers.getSetCookie()).toEqual(['session=new']);
  });

  it('a cookie of other software does not pass, and does not reach the origin', async () => {
    await read(edge, page, { cookie: '_ga=1; obsession_=2' });
    expect(origin.requests[0]!.headers.cookie).toBeUndefined();
    expect(await read(edge, page, { cookie: '_ga=2' })).toMatchObject({ from: 'HIT' });
  });
});

describe('a response is not stored', () => {
  it.each([
    ['that does not allow it', 200, { 'surrogate-key': 'x' }],
    ['with a cookie', 200, { ...shared('x'), 'set-cookie': 'session=x' }],
    ['that is private', 200, { ...shared('x'), 'cache-control': 'private' }],
    ['that is an error of the client', 401, shared('x')],
    ['that is a redirect', 302, { ...shared('x'), location: '/' }],
  ])('%s', async (_, status, headers: Record<string, string>) => {
    origin.answer = (_request, response) => send(response, status, headers);
    expect(texts([await read(edge, page), await read(edge, page)])).toEqual(['version 1', 'version 2']);
  });
});

describe('a purge', () => {
  it('removes the pages with a key, and no others', async () => {
    const other = `${page}-other`;
    origin.answer = ({ url }, response) => send(response, 200, shared(`${keyOf(url!)} list`));
    await read(edge, page);
    await read(edge, other);
    await edge.purges.purge([keyOf(page), 'unknown']);
    expect(await read(edge, page)).toMatchObject({ text: 'version 3' });
    expect(await read(edge, other)).toMatchObject({ from: 'HIT', text: 'version 2' });
    await edge.purges.purge(['list']);
    expect(texts([await read(edge, page), await read(edge, other)])).toEqual(['version 4', 'version 5']);
    await edge.purges.purge(['all']);
    expect(texts([await read(edge, page), await read(edge, other)])).toEqual(['version 6', 'version 7']);
  });

  /** Holds the first response to the page back, purges a key, and lets it go. */
  async function overtake(key: string) {
    const sent = Promise.withResolvers<ServerResponse>();
    const answer = origin.answer;
    origin.answer = (_request: IncomingMessage, response) => {
      origin.answer = answer;
      sent.resolve(response);
    };
    const reader = read(edge, page);
    const held = await sent.promise;
    await edge.purges.purge([key]);
    send(held, 200, shared(`${keyOf(page)} list`));
    return reader;
  }

  it('overtakes a response that is on its way: it is fetched again, and not stored', async () => {
    expect(await overtake(keyOf(page))).toMatchObject({ text: 'version 2', status: 200 });
    expect(await read(edge, page)).toMatchObject({ from: 'HIT', text: 'version 2' });
  });

  it('of another key does not', async () => {
    await edge.purges.purge([keyOf(page)]);
    expect(await overtake('other')).toMatchObject({ text: 'version 1' });
    expect(await read(edge, page)).toMatchObject({ from: 'HIT', text: 'version 1' });
  });

  it('overtakes also when many others follow', async () => {
    const sent = Promise.withResolvers<ServerResponse>();
    const answer = origin.answer;
    origin.answer = (_request, response) => {
      origin.answer = answer;
      sent.resolve(response);
    };
    const reader = read(edge, page);
    const held = await sent.promise;
    await edge.purges.purge([keyOf(page)]);
    for (let batch = 0; batch < 40; batch += 1)
      await edge.purges.purge(Array.from({ length: 100 }, (_, index) => `key-${batch}-${index}`));
    send(held, 200, shared(keyOf(page)));
    expect(await reader).toMatchObject({ text: 'version 2' });
  });

  it('that comes with each fetch leaves nothing stored', async () => {
    origin.answer = (_request, response) =>
      void edge.purges.purge([keyOf(page)]).then(() => send(response, 200, shared(keyOf(page))));
    expect(await read(edge, page)).toMatchObject({ status: 200, text: 'version 3' });
    expect(await read(edge, page)).toMatchObject({ text: 'version 6' });
  });

  it('by many processes at once is lost nowhere', async () => {
    const pages = Array.from({ length: 20 }, (_, index) => `${page}-${index}`);
    origin.answer = ({ url }, response) => send(response, 200, shared(keyOf(url!)));
    for (const each of pages) await read(edge, each);
    const held = new Map<string, ServerResponse>();
    origin.answer = ({ url }, response) => void held.set(url!, response);
    const late = pages.map((each) => `${each}?late`);
    const readers = late.map((each) => read(edge, each));
    await expect.poll(() => held.size).toBe(late.length);
    const purgers = pages.map(
      (each) => [keyOf(each), new EdgeCache(edge.purgeUrl, 'secret of the tests')] as const,
    );
    await Promise.all(purgers.map(([key, purger]) => purger.purge([key])));
    for (const [, purger] of purgers) purger.close();
    origin.answer = (_request, response) => send(response, 200, shared('fresh'));
    for (const [url, response] of held) {
      response.writeHead(200, shared(keyOf(url.replace('?late', ''))));
      response.end('overtaken');
    }
    expect(texts(await Promise.all(readers))).not.toContain('overtaken');
    for (const each of pages) expect(await read(edge, each)).toMatchObject({ from: 'MISS' });
  });

  it.each([
    ['without a credential', {}],
    ['with a wrong one', { authorization: 'Bearer x' }],
  ])('%s is refused', async (_, headers: Record<string, string>) => {
    await read(edge, page);
    const given = { keys: keyOf(page), ...headers };
    expect(await read({ url: edge.purgeUrl }, '/keys', given, 'PURGE')).toMatchObject({ status: 403 });
    expect(await read(edge, page)).toMatchObject({ from: 'HIT' });
  });

  it.each(['PURGE', 'BAN'])('from outside is refused: %s', async (method) => {
    await read(edge, page);
    const headers = { authorization: 'Bearer secret of the tests', keys: keyOf(page), xkey: keyOf(page) };
    for (const path of [page, '/keys'])
      expect(await read(edge, path, headers, method)).toMatchObject({
        status: 405,
        text: '{"errors":{"request":["method not allowed"]}}',
      });
    expect(await read(edge, page)).toMatchObject({ from: 'HIT' });
  });

  it('with what is no key is refused, and pages are not served to the hosts', async () => {
    const headers = { authorization: 'Bearer secret of the tests' };
    for (const keys of ['a#b', '', 'a  b', 'a|b', '"'])
      expect(await read({ url: edge.purgeUrl }, '/keys', { ...headers, keys }, 'PURGE')).toMatchObject({
        status: 400,
      });
    expect(await read({ url: edge.purgeUrl }, page, headers)).toMatchObject({ status: 403 });
  });
});

describe('no reader changes what others get', () => {
  /** Readers see the whole request that the origin got. */
  beforeEach(() => {
    origin.answer = ({ headers, method, url }, response) => {
      const { 'x-request-id': _id, 'x-forwarded-for': _address, ...rest } = headers;
      const body = JSON.stringify({ method, url, headers: rest });
      response.writeHead(200, shared(keyOf(page)));
      response.end(body);
    };
  });

  it.each<Record<string, string>>([
    { 'x-forwarded-host': 'evil.example' },
    { 'x-host': 'evil.example' },
    { host: 'evil.example' },
    { forwarded: 'host=evil.example' },
    { 'x-forwarded-proto': 'evil' },
    { 'x-forwarded-prefix': '/evil' },
    { 'x-original-url': '/evil' },
    { 'x-rewrite-url': '/evil' },
    { 'x-http-method-override': 'evil' },
    { 'surrogate-key': 'evil' },
    { 'edge-stale': 'evil' },
    { 'edge-fresh': 'evil' },
    { origin: 'https://evil.example' },
    { cookie: 'evil=1' },
  ])('by %j', async (headers) => {
    const seen = await read(edge, page, headers);
    expect(seen.text).not.toContain('evil');
    expect(await read(edge, page)).toMatchObject({ from: 'HIT', text: seen.text });
  });

  it.each([
    ['two lengths', 'Content-Length: 5\r\nContent-Length: 6'],
    ['a length and chunks', 'Content-Length: 5\r\nTransfer-Encoding: chunked'],
    ['an unknown coding', 'Transfer-Encoding: xchunked'],
    ['a length that is no number', 'Content-Length: +5'],
    ['a blank before a colon', 'Content-Length : 5'],
  ])('by a smuggled request with %s', async (_, lines) => {
    const smuggled = `GET ${page}-evil HTTP/1.1\r\nHost: x\r\n\r\n`;
    const reply = await sendBytes(edge.url, `GET ${page} HTTP/1.1\r\nHost: x\r\n${lines}\r\n\r\n${smuggled}`);
    expect(reply.text).not.toContain('evil');
    expect((await read(edge, page)).text).not.toContain('evil');
    expect(origin.requests.filter(({ url }) => url!.includes('evil'))).toEqual([]);
  });

  it('by a page that differs by origin', async () => {
    const strict = await startEdgeCache({ corsOrigins: ['https://one.example', 'https://two.example'] });
    try {
      strict.origin.answer = ({ headers }, response) => {
        response.writeHead(200, { ...shared('page'), vary: 'Origin' });
        response.end(headers.origin ?? 'none');
      };
      for (const name of ['one', 'two', 'evil', 'other'])
        for (let times = 0; times < 2; times += 1) {
          const own = `https://${name}.example`;
          const isKnown = ['one', 'two'].includes(name);
          expect(await read(strict, page, { origin: own })).toMatchObject({ text: isKnown ? own : 'none' });
        }
      expect(strict.origin.requests).toHaveLength(3);
    } finally {
      await strict.stop();
    }
  });
});

describe('while the origin does not answer', () => {
  it('readers get the stored pages, also those that are over or purged', async () => {
    const short = `${page}-short`;
    origin.answer = ({ url }, response) =>
      send(
        response,
        200,
        shared(
          keyOf(url!),
          url === short ? 'max-age=1, stale-if-error=600' : 'max-age=600, stale-if-error=600',
        ),
      );
    await read(edge, page);
    await read(edge, short);
    await edge.purges.purge([keyOf(page)]);
    await origin.stop();
    expect(await read(edge, page)).toMatchObject({ status: 200, text: 'version 1', from: 'STALE' });
    await expect.poll(async () => (await read(edge, short)).from).toBe('STALE');
    expect(await read(edge, short)).toMatchObject({ status: 200, text: 'version 2' });
    expect(await read(edge, `${page}-unknown`)).toMatchObject({
      status: 503,
      text: '{"errors":{"server":["unavailable"]}}',
    });
    await origin.start();
    await expect.poll(async () => (await read(edge, page)).text).toBe('version 3');
  });

  it.each([429, 500, 502, 503, 504])('a response %d is replaced by a stored page', async (status) => {
    // Varnish opens no connection for a moment after one was refused.
    await expect.poll(async () => (await read(edge, `${page}-${status}`)).status).toBe(200);
    version = 0;
    await read(edge, page);
    await edge.purges.purge([keyOf(page)]);
    origin.answer = (_request, response) => send(response, status);
    expect(await read(edge, page)).toMatchObject({ status: 200, text: 'version 1' });
    const other = `${page}-other`;
    expect(await read(edge, other)).toMatchObject({ status });
  });
});

describe('an edge cache that has not heard from a module', () => {
  it('sends a stored page again when the origin hangs and then fails', async () => {
    const late = await startEdgeCache({ maxStaleness: 1 });
    try {
      const { origin: hanging } = late;
      hanging.answer = (_request, response) => send(response, 200, shared('page'));
      await read(late, page);
      await late.trust(0);
      const held: ServerResponse[] = [];
      hanging.answer = (_request, response) => void held.push(response);
      const readers: Promise<Seen>[] = [];
      const isAsked = () => {
        readers.push(read(late, page));
        return held.length > 0;
      };
      await expect.poll(isAsked).toBe(true);
      hanging.answer = (_request, response) => send(response, 504);
      for (const response of held) send(response, 504);
      expect(new Set(texts(await Promise.all(readers)))).toEqual(new Set(['version 1']));
    } finally {
      await late.stop();
    }
  });

  it('sends nothing that is older than it says, and all of it again once it hears', async () => {
    const late = await startEdgeCache({ maxStaleness: 1 });
    try {
      late.origin.answer = (_request, response) => send(response, 200, shared('page'));
      await read(late, page);
      await late.trust(0);
      await expect.poll(async () => (await read(late, page)).text).toBe('version 2');
      await late.trust(600);
      const { text } = await read(late, page);
      const since = performance.now();
      await expect.poll(() => performance.now() - since).toBeGreaterThan(1_500);
      expect(await read(late, page)).toMatchObject({ text, from: 'HIT' });
    } finally {
      await late.stop();
    }
  });
});
