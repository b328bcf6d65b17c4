import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestHost, type TestHost } from '../fixtures/test-host.fixture.js';

const responses = new Map<string, Buffer>();
const source = { etag: '"one"', surrogateKeys: 'key other' };
const responseCache = {
  find: (url: string) => {
    const json = responses.get(url);
    return json && { json, ...source };
  },
  store: (url: string, body: Buffer) => void responses.set(url, body),
  sourceOf: () => source,
};

let host: TestHost;
beforeEach(async () => {
  host = await startTestHost({}, { responseCache: () => responseCache, sessions: sessionsOf('shop=c.1.01') });
});
afterEach(async () => {
  responses.clear();
  await host.app.close();
});

/** Accepts one token. */
function sessionsOf(token: string) {
  return {
    readToken: (text: string) =>
      text === token ? new Map([text.split('=') as [string, string]]) : undefined,
    save: async () => token,
    load: async () => true,
  };
}

async function get(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${host.url}/api/samples/cached/${path}`, { headers });
  const { handled } = (await response.json()) as { handled: number };
  return { handled, headers: response.headers };
}

it('a cached response is sent without running the handler, with the headers and the log of any response', async () => {
  const first = await get('ball');
  const again = await get('ball');
  expect(again.handled).toBe(first.handled);
  expect((await get('doll')).handled).toBe(first.handled + 1);
  const names = (headers: Headers) => [...headers.keys()].filter((name) => name !== 'date').toSorted();
  expect(names(again.headers)).toEqual(names(first.headers));
  expect(again.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(again.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
  await expect
    .poll(() => host.logged('request').filter(({ url }) => url === '/api/samples/cached/ball'))
    .toHaveLength(2);
  const [line] = host
    .logged('request')
    .filter(({ url }) => url === '/api/samples/cached/ball')
    .slice(-1);
  expect(line).toMatchObject({ route: '/api/samples/cached/:name', status: 200 });
});

it.each([
  ['with an access token', { authorization: 'Token x' }],
  ['with a consistency token', { 'consistency-token': 'shop=c.1.01' }],
  ['with a consistency level', { consistency: 'strong' }],
])(
  'a request %s runs the handler, and its response is not stored',
  async (_, headers: Record<string, string>) => {
    const { handled } = await get('car', headers);
    expect((await get('car', headers)).handled).toBe(handled + 1);
    expect((await get('car')).handled).toBe(handled + 2);
    expect((await get('car')).handled).toBe(handled + 2);
    expect((await get('car', headers)).handled).toBe(handled + 3);
  },
);

it('other methods and other routes are not cached', async () => {
  await get('top');
  const head = await fetch(`${host.url}/api/samples/cached/top`, { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
  responses.set('/api/samples/needs', Buffer.from('{}'));
  expect(await (await fetch(`${host.url}/api/samples/needs`)).json()).toEqual({ seen: {} });
});

describe('caches', () => {
  const headersOf = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${host.url}/api/samples/${path}`, { headers });
    await response.body?.cancel();
    return {
      status: response.status,
      browser: response.headers.get('cache-control'),
      shared: response.headers.get('cdn-cache-control'),
      keys: response.headers.get('surrogate-key'),
      etag: response.headers.get('etag'),
    };
  };
  const latest = { consistency: 'strong' };

  it('a shared cache may store the latest version of a public page, and purges it by its keys', async () => {
    expect(await headersOf('cached/book', latest)).toEqual({
      status: 200,
      browser: 'public, no-cache',
      shared: 'max-age=600, stale-while-revalidate=10, stale-if-error=86400',
      keys: 'key other',
      etag: '"one"',
    });
  });

  it.each([
    ['that is perhaps not the latest', {}],
    ['of some version', { consistency: 'eventual' }],
    ['with a token', { ...latest, authorization: 'Token x' }],
    ['with a session', { ...latest, cookie: 'a=b; session=x' }],
    ['with a secure session', { ...latest, cookie: '__Host-session=x' }],
    ['of a client that has written', { ...latest, 'consistency-token': 'shop=c.1.01' }],
  ])('no shared cache may store a response %s', async (_, headers: Record<string, string>) => {
    expect(await headersOf('cached/book', headers)).toMatchObject({ shared: null, keys: null });
  });

  it.each([
    ['with a token', { authorization: 'Token x' }],
    ['with a session', { cookie: 'session=x' }],
  ])('no cache may store a response %s', async (_, headers: Record<string, string>) => {
    expect(await headersOf('cached/book', headers)).toMatchObject({ browser: 'no-store', etag: null });
  });

  it('no cache may store other responses', async () => {
    expect(await headersOf('needs', latest)).toMatchObject({ browser: 'no-store', shared: null });
    expect(await headersOf('unknown', latest)).toMatchObject({ status: 404, browser: 'no-store' });
  });

  it.each(['"one"', 'W/"one"', '"two", "one"', '*'])('a client with %s gets 304', async (known) => {
    await headersOf('cached/pen');
    for (const more of [{}, latest]) {
      const reply = await headersOf('cached/pen', { 'if-none-match': known, ...more });
      expect(reply).toMatchObject({ status: 304, etag: '"one"', browser: 'public, no-cache' });
    }
    expect(await headersOf('cached/pen', { 'if-none-match': '"two"' })).toMatchObject({ status: 200 });
  });
});

it('a degraded response names the modules that could not be asked, and no cache stores it', async () => {
  const path = '/api/samples/degraded/ball';
  const read = () => fetch(host.url + path);
  const { headers } = await read();
  expect(headers.get('degraded')).toBe('prices, stock');
  expect(headers.get('cache-control')).toBe('no-store');
  for (const name of ['etag', 'surrogate-key', 'cdn-cache-control']) expect(headers.get(name)).toBeNull();
  expect(responses.has(path)).toBe(false);
  expect((await get('ball')).headers.get('degraded')).toBeNull();
});
