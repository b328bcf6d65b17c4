import { readdirSync } from 'node:fs';
import { manifests, moduleNames as modules, runtimes } from '@tearline/modules';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTopology } from '../../libs/topology/src/index.js';
import { sendBytes, sendRaw } from '../support/raw-http.js';
import { closing, type EchoHost, echoHost, type Edge, get, startEdge } from './edge.js';
import '../e2e/matchers.js';

describe('nginx by itself', () => {
  let edge: Edge;
  let app: EchoHost;

  beforeAll(async () => {
    app = await echoHost('app');
    const topology = await readTopology('monolith', { modules });
    edge = await startEdge({ topology, manifests, addresses: { app: [app.address] } });
  });
  afterAll(async () => {
    await edge.stop();
    await app.close();
  });

  it.each([
    ['garbage', 'GARBAGE\r\n\r\n', 400],
    ['bytes of nothing', '\u0000'.repeat(1000), 400],
    ['a path above the root', 'GET /api/%2e%2e/%2E./etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n', 404],
    ['a bad escape', 'GET /api/articles/%zz HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a bad escape above the root', 'GET /../%zz HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a NUL above the root', 'GET /../%00 HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a NUL in the path', 'GET /api/articles/%00 HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a NUL in a header', 'GET / HTTP/1.1\r\nHost: x\r\nX-Bad: a\u0000b\r\n\r\n', 400],
    ['spaces in the path', 'GET /api/tags with spaces HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['a bad length', 'POST /api/users HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n', 400],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}',
      400,
    ],
    ['an unknown version', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n', 505],
    ['an unknown encoding', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n', 501],
    [
      'a tunnel',
      'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n',
      [400, 405],
    ],
    ['a trace', 'TRACE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 405],
    ['a huge path', `GET /${'a'.repeat(70_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 414],
    ['a huge header', `GET / HTTP/1.1\r\nHost: x\r\nX-Huge: ${'a'.repeat(70_000)}\r\n\r\n`, 431],
  ])('refuses %s in the form of all errors', async (_, bytes, status) => {
    const reply = await sendBytes(edge.url, bytes);
    expect(reply).toBeRefused(status);
    expect(reply.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
    expect(reply.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(reply.headers.get('x-content-type-options')).toBe('nosniff');
    expect(reply.headers.get('server')).toBe('nginx');
  });

  it('refuses a body over a mebibyte, announced or not', async () => {
    const body = Buffer.alloc(1_048_577, 'x');
    for (const raw of [body, [body.subarray(0, 500_000), body.subarray(500_000)]])
      expect(await sendRaw(edge.url, { method: 'POST', path: '/api/users', body: raw })).toBeRefused(413, {
        body: ['is too large'],
      });
    const fits = await sendRaw(edge.url, { method: 'POST', path: '/api/users', body: body.subarray(1) });
    expect(fits).toHaveStatus(200);
  });

  it('lets a module have larger bodies where it asks for them', async () => {
    const body = Buffer.alloc(1_048_577, 'x');
    for (const path of ['/api/media', '/%61pi/media', '/api/media?x'])
      expect(await sendRaw(edge.url, { method: 'POST', path, body })).toHaveStatus(200);
    for (const path of ['/api/mediaX', '/api/users?/api/media'])
      expect(await sendRaw(edge.url, { method: 'POST', path, body })).toBeRefused(413);
  });
});

describe('every topology of the repository, and every module alone', () => {
  const references = [
    ...readdirSync(new URL('../../topologies', import.meta.url)).map((file) => file.replace('.yaml', '')),
    ...modules.map((module) => ({ alone: module })),
  ];

  it.each(references)('%j: nginx accepts its configuration', (reference) =>
    closing(async (closed) => {
      const topology = await readTopology(reference, { modules, runtimes });
      const host = closed(await echoHost('any'));
      const addresses = Object.fromEntries(topology.hosts.map(({ name: each }) => [each, [host.address]]));
      const edge = await startEdge({ topology, manifests, addresses });
      closed({ close: () => edge.stop() });
      expect((await get(edge, '/api/tags')).echo.host).toBe('any');
    }),
  );
});
