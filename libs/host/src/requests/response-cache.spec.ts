import { afterEach, beforeEach, expect, it } from 'vitest';
import { startTestHost, type TestHost } from '../fixtures/test-host.fixture.js';

const responses = new Map<string, Buffer>();
const responseCache = {
  find: (url: string) => responses.get(url),
  store: (url: string, body: Buffer) => void responses.set(url, body),
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
