import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestHost, startTestHost } from '../fixtures/test-host.fixture.js';
import { sendRaw } from '../fixtures/raw-http.fixture.js';

let host: TestHost;
beforeAll(async () => {
  host = await startTestHost();
});
afterAll(() => host.app.close());

const JSON_TYPE = { 'content-type': 'application/json' };

async function errorOf(path: string, init?: RequestInit) {
  const response = await fetch(host.url + path, init);
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  const { errors } = (await response.json()) as { errors: object };
  return { status: response.status, errors };
}
const post = (path: string, body: string, headers: Record<string, string> = JSON_TYPE) =>
  errorOf(path, { method: 'POST', headers, body });

describe('bodies', () => {
  it.each([
    ['application/json', ''],
    ['application/x-www-form-urlencoded', ''],
  ])('may be empty with any type: %s', async (type, body) => {
    const response = await fetch(`${host.url}/api/samples/anything`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ received: 'nothing' });
  });

  it('must be JSON', async () => {
    expect(await post('/api/samples/anything', '{"a":')).toEqual({
      status: 400,
      errors: { body: ['is not valid JSON'] },
    });
    expect(
      await post('/api/samples/anything', 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }),
    ).toEqual({
      status: 415,
      errors: { body: ['must be application/json'] },
    });
    expect(await post('/api/samples/anything', '{}', { 'content-type': 'nonsense' })).toMatchObject({
      status: 415,
    });
  });

  it.each(['{"__proto__":{"admin":true}}', '{"constructor":{"prototype":{"admin":true}}}'])(
    'cannot set prototypes: %s',
    async (body) => {
      expect(await post('/api/samples/anything', body)).toEqual({
        status: 400,
        errors: { body: ['is not valid JSON'] },
      });
    },
  );

  it('have a maximum size', async () => {
    const fits = JSON.stringify({ a: 'x'.repeat(1_048_576 - 8) });
    expect(
      (await fetch(`${host.url}/api/samples/anything`, { method: 'POST', headers: JSON_TYPE, body: fits }))
        .status,
    ).toBe(200);
    expect(await post('/api/samples/anything', `${fits} `)).toEqual({
      status: 413,
      errors: { body: ['is too large'] },
    });
  });

  it.each([
    ['is too large', 'application/json', 413],
    ['has another type', 'text/plain', 415],
  ])(
    'are read to their end when one %s: its sender gets the response, and the connection goes on',
    async (_, type, status) => {
      const body = Buffer.alloc(4_000_000, 'x');
      const socket = connect(host.port, '127.0.0.1');
      const head = `POST /api/samples/anything HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`;
      socket.write(head);
      socket.write(body.subarray(0, 10));
      const [refused] = (await once(socket, 'data')) as [Buffer];
      expect(refused.toString()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      socket.write(body.subarray(10));
      socket.write('GET /api/samples/search?q=x HTTP/1.1\r\nHost: x\r\n\r\n');
      const [next] = (await once(socket, 'data')) as [Buffer];
      expect(next.toString()).toMatch(/^HTTP\/1.1 200 /);
      socket.destroy();
    },
  );

  it('may be nested to any depth', async () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    expect(await post('/api/samples', deep)).toEqual({
      status: 422,
      errors: { body: ['must be an object'] },
    });
    const inside = await post('/api/samples', `{"sample":{"name":${deep}}}`);
    expect(inside).toEqual({ status: 422, errors: { name: ['must be a string'] } });
  });
});

describe('the encoding of a body', () => {
  const path = '/api/samples/anything';
  const send = (body: Buffer, headers: Record<string, string> = {}) =>
    fetch(host.url + path, {
      method: 'POST',
      headers: { ...JSON_TYPE, ...headers },
      body: new Uint8Array(body),
    });
  const typed = (parameter: string) => ({ 'content-type': `application/json${parameter}` });
  const json = Buffer.from('{"a":"é"}');
  const utf16 = Buffer.from('{"a":1}', 'utf16le');

  it.each([
    ['', json],
    ['; charset=utf-8', json],
    ['; charset="UTF-8"', json],
    [';charset=utf8', json],
    ['', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), json])],
  ])('may be UTF-8: %s', async (parameter, body) => {
    expect((await send(body, typed(parameter))).status).toBe(200);
  });

  it.each([
    ['; charset=iso-8859-1', Buffer.from('{"a":"é"}', 'latin1')],
    ['; charset=iso-8859-1', Buffer.from('{"a":1}')],
    ['; charset=utf-16', utf16],
    ['', utf16],
    ['', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16])],
    ['', Buffer.from(utf16).swap16()],
  ])('must not be another one: %s %s', async (parameter, body) => {
    const response = await send(body, typed(parameter));
    expect(response.status).toBe(415);
    expect(await response.json()).toEqual({ errors: { body: ['must be in UTF-8'] } });
  });

  it('must be valid, wherever the bytes that are not lie', async () => {
    const invalid = [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0xf5, 0x80, 0x80, 0x80]];
    for (const bytes of invalid)
      for (const at of [6, 7, 8]) {
        const text = Buffer.from('{"a":"xy"}');
        const response = await send(
          Buffer.concat([text.subarray(0, at), Buffer.from(bytes), text.subarray(at)]),
        );
        expect(response.status).toBe(400);
        expect(await response.json()).toEqual({ errors: { body: ['is not valid UTF-8'] } });
      }
  });

  it.each(['gzip', 'br', 'deflate, gzip'])('must not be compressed: %s', async (encoding) => {
    const response = await send(gzipSync(json), { 'content-encoding': encoding });
    expect(response.status).toBe(415);
    expect(await response.json()).toEqual({ errors: { body: ['must not be compressed'] } });
  });

  it('may be identity, and any for an empty body', async () => {
    expect((await send(json, { 'content-encoding': 'identity' })).status).toBe(200);
    const headers = { 'content-encoding': 'gzip', ...typed('; charset=latin1') };
    expect((await send(Buffer.alloc(0), headers)).status).toBe(200);
  });
});

describe('requests that no handler can receive', () => {
  it('match no route', async () => {
    const nowhere = { status: 404, errors: { route: ['not found'] } };
    expect(await errorOf('/nowhere')).toEqual(nowhere);
    expect(await errorOf('/api/samples/slow', { method: 'DELETE' })).toEqual(nowhere);
    expect(await errorOf('/api/samples/id/')).toEqual(nowhere);
  });

  it('have a malformed URL, which is logged like any other', async () => {
    const answer = { status: 400, errors: { request: ['has a malformed URL'] } };
    expect(await errorOf('/%zz')).toEqual(answer);
    expect(await errorOf('/api/samples/name/%ff')).toEqual(answer);
    await expect
      .poll(() => host.logged('request'))
      .toContainEqual(expect.objectContaining({ url: '/%zz', status: 400, route: 'none' }));
  });

  it('have a path segment that is too long', async () => {
    expect(await errorOf(`/api/samples/name/${'x'.repeat(5_000)}`)).toMatchObject({ status: 414 });
  });

  it.each(['%00', '%e2%82%ac', '__proto__=1&q=x', '&&&=&q', 'q[]=1&q[x]=2'])(
    'do not have an odd query string: %s',
    async (query) => {
      expect((await fetch(`${host.url}/api/samples/search?q=${query}`)).status).toBe(200);
    },
  );

  it.each(['%zz', '100%', '%ff', '%ff%fe', '%ed%a0%80', 'x&%c3=1'])(
    'have a malformed query string, as a path: %s',
    async (query) => {
      const answer = { status: 400, errors: { request: ['has a malformed URL'] } };
      expect(await errorOf(`/api/samples/search?q=${query}`)).toEqual(answer);
      expect(await errorOf(`/nowhere?q=${query}`)).toEqual(answer);
    },
  );

  const head = 'Host: x\r\nOrigin: https://a.example\r\nConnection: close\r\n';
  const early: [status: number, message: string, request: string][] = [
    [431, 'has headers that are too large', `GET / HTTP/1.1\r\n${head}X: ${'x'.repeat(20_000)}\r\n\r\n`],
    [400, 'is not valid HTTP', `good morning\r\n${head}\r\n`],
    [400, 'has no Host header', 'GET / HTTP/1.1\r\nOrigin: https://a.example\r\nConnection: close\r\n\r\n'],
    [400, 'has a malformed URL', `GET /%zz HTTP/1.1\r\n${head}\r\n`],
    [414, 'has a URL that is too long', `GET /api/samples/name/${'x'.repeat(5_000)} HTTP/1.1\r\n${head}\r\n`],
    [417, 'expects something other than 100-continue', `GET / HTTP/1.1\r\n${head}Expect: tea\r\n\r\n`],
    [
      422,
      'must be 1 to 255 visible ASCII characters',
      `POST /api/samples HTTP/1.1\r\n${head}Idempotency-Key: a b\r\n\r\n`,
    ],
    [404, 'not found', `GET /nowhere HTTP/1.1\r\n${head}\r\n`],
  ];

  it.each(early)(
    'get %i "%s" in the form of all errors, with all headers',
    async (status, message, request) => {
      const answer = await sendRaw(host.port, request);
      expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(answer.endsWith(`["${message}"]}}`)).toBe(true);
      expect(answer).toMatch(/^content-type: application\/json; charset=utf-8\r$/im);
      expect(answer).toMatch(/^access-control-allow-origin: \*\r$/im);
      expect(answer).toMatch(/^access-control-expose-headers: X-Request-Id/im);
      expect(answer).toMatch(/^x-content-type-options: nosniff\r$/im);
    },
  );

  it.each(early)('get %i for the origins that may call', async (status, _, request) => {
    const strict = await startTestHost({ CORS_ORIGINS: 'https://a.example,https://b.example' });
    try {
      const answer = await sendRaw(strict.port, request);
      expect(answer).toMatch(/^access-control-allow-origin: https:\/\/a.example\r$/im);
      const other = await sendRaw(strict.port, request.replace('a.example', 'c.example'));
      expect(other).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(other).not.toMatch(/^access-control-allow-origin/im);
    } finally {
      await strict.app.close();
    }
  });

  it('may lack a Host header in HTTP/1.0', async () => {
    expect(await sendRaw(host.port, 'GET /api/samples HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1.1 200 /);
  });
});
