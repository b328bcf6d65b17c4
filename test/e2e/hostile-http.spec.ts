import { describe, expect, it } from 'vitest';
import { articlePath, publish, register, unique } from '../support/conduit.js';
import { sendBytes, sendRaw } from '../support/raw-http.js';
import { api } from './client.js';

describe('a path that leads nowhere', () => {
  it.each([
    '/nowhere',
    '/api',
    '/api/',
    '/api/nowhere',
    '/api/user/nowhere',
    '/api/articles/a/b/c/d',
    '/api/profiles',
    '/api/../etc/passwd',
    '/api/%2e%2e/%2e%2e/etc/passwd',
    '//',
    '/.env',
    '/api/users/../user/x',
  ])('%s is not found', async (path) => {
    expect(await sendRaw(api.baseUrl, { method: 'GET', path })).toBeRefused(404);
  });
});

describe('a method that a path does not know', () => {
  it.each([
    ['PATCH', '/api/articles'],
    ['DELETE', '/api/articles'],
    ['PUT', '/api/articles'],
    ['DELETE', '/api/user'],
    ['GET', '/api/users/login'],
    ['GET', '/api/users'],
    ['POST', '/api/tags'],
    ['PUT', '/api/profiles/jake/follow'],
    ['POST', '/api/articles/feed'],
    ['PATCH', '/api/articles/some-article/favorite'],
  ])('%s %s is refused', async (method, path) => {
    const { api: mine } = await register(api);
    expect(await mine.send(method, path, method === 'GET' ? undefined : {})).toBeRefused([404, 405]);
  });
});

describe('hostile HTTP', () => {
  it('with huge headers is refused', async () => {
    const reply = await sendRaw(api.baseUrl, {
      method: 'GET',
      path: '/api/tags',
      headers: { 'x-huge': 'a'.repeat(64 * 1024) },
    });
    expect(reply).toBeRefusedAsHttp([400, 431]);
  });

  it('with a huge token is refused', async () => {
    const reply = await sendRaw(api.baseUrl, {
      method: 'GET',
      path: '/api/user',
      headers: { authorization: `Token ${'a'.repeat(64 * 1024)}` },
    });
    expect(reply).toBeRefusedAsHttp([400, 401, 431]);
  });

  it.each(['\u00e9\u00ff', 'Token \u00e9', 'Token \t', 'Token "', `Token ${'.'.repeat(5000)}`])(
    'with the authorization %j is refused',
    async (authorization) => {
      const reply = await sendRaw(api.baseUrl, {
        method: 'GET',
        path: '/api/user',
        headers: { authorization },
      });
      expect(reply).toBeRefusedFor(401, 'token');
    },
  );

  it.each([
    'GARBAGE\r\n\r\n',
    'GET /api/tags HTTP/9.9\r\nHost: x\r\n\r\n',
    'GET /api/tags HTTP/1.1\r\nHost: x\r\nX-Bad: a\u0000b\r\n\r\n',
    'POST /api/users HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n',
    'POST /api/users HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}',
    'GET /api/tags with spaces HTTP/1.1\r\nHost: x\r\n\r\n',
  ])('that breaks the protocol is refused: %j', async (bytes) => {
    expect(await sendBytes(api.baseUrl, bytes)).toBeRefusedAsHttp([400, 505]);
  });

  it('leaves the server in good health', async () => {
    await sendBytes(api.baseUrl, '\u0000'.repeat(1000));
    expect(await api.get('/api/tags')).toHaveStatus(200);
  });

  it('with a query string of thousands of parameters is answered or refused', async () => {
    const query = Array.from({ length: 1500 }, (_, index) => `p${index}=1`).join('&');
    expect(await sendRaw(api.baseUrl, { method: 'GET', path: `/api/tags?${query}` })).toHaveStatus([
      200, 400, 414, 422,
    ]);
  });

  it('that answers to HEAD has no body', async () => {
    const { slug } = await publish(await register(api));
    const response = await fetch(api.baseUrl + articlePath(slug), { method: 'HEAD' });
    expect([200, 404, 405]).toContain(response.status);
    expect(await response.text()).toBe('');
  });

  it('cannot shape the answer through the request', async () => {
    const mark = unique('mark');
    const reply = await sendRaw(api.baseUrl, { method: 'GET', path: `/nowhere/<script>${mark}</script>` });
    expect(reply).toBeRefused([400, 404]);
    expect(reply.text).not.toContain('<script>');
  });
});
