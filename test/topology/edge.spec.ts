import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manifests } from '../../apps/topology/src/modules.js';
import { parseTopology, readTopology, type Topology } from '../../libs/topology/src/index.js';
import { sendBytes, sendRaw } from '../support/raw-http.js';
import { type Echo, type EchoHost, echoHost, type Edge, startEdge } from './edge.js';
import '../e2e/matchers.js';

const modules = manifests.map(({ name }) => name);
const split: Topology = parseTopology(
  'hosts: { app: { modules: [social, comments] }, articles: { modules: [articles] }, identity: { modules: [identity] } }',
  'split.yaml',
  modules,
);

/** Cleans up in the reverse order. */
async function closing<T>(
  work: (closed: <C extends { close(): Promise<void> }>(one: C) => C) => Promise<T>,
): Promise<T> {
  const open: { close(): Promise<void> }[] = [];
  try {
    return await work((one) => {
      open.push(one);
      return one;
    });
  } finally {
    for (const one of open.toReversed()) await one.close();
  }
}

const get = async (edge: Edge, path: string, headers: Record<string, string> = {}) => {
  const reply = await sendRaw(edge.url, { method: 'GET', path, headers });
  return { ...reply, echo: reply.body as Echo };
};

describe('nginx in front of a split', () => {
  let edge: Edge;
  const hosts: EchoHost[] = [];

  beforeAll(async () => {
    for (const name of ['app', 'articles', 'identity']) hosts.push(await echoHost(name));
    const [app, articles, identity] = hosts.map(({ address }) => [address]);
    edge = await startEdge({
      topology: split,
      manifests,
      addresses: { app: app!, articles: articles!, identity: identity! },
    });
  });
  afterAll(async () => {
    await edge.stop();
    await Promise.all(hosts.map((host) => host.close()));
  });

  it.each([
    ['/', 'app'],
    ['/docs', 'app'],
    ['/docs/swagger-ui.css', 'app'],
    ['/docs-json', 'app'],
    ['/health/ready', 'app'],
    ['/api/nowhere', 'app'],
    ['/.env', 'app'],
    ['//', 'app'],
    ['/api/tags', 'articles'],
    ['/api/tags?x=/api/user', 'articles'],
    ['/api/articles', 'articles'],
    ['/api/articles/', 'articles'],
    ['/api/articles?tag=%EB%93%9C&limit=1', 'articles'],
    ['/api/articles/feed', 'articles'],
    ['/api/articles/%EB%93%9C%EB%9E%98%EA%B3%A4', 'articles'],
    ['/api/articles/a%2Fb', 'articles'],
    ['/api/articles/a%2Fcomments', 'articles'],
    ['/api/articles/%e3%81%82/comments', 'app'],
    ['/api/articles/a%2Fb/comments', 'app'],
    ['/api/articles//comments', 'app'],
    ['/api/articles/a%2fb/comments/%31', 'app'],
    ['/api/articles/%25/favorite', 'articles'],
    ['/api/articles/..%2f..%2f', 'articles'],
    ['/api/articles/a;b=c/favorite', 'articles'],
    ['/%61pi/ar%74icles/x', 'articles'],
    ['/api/../api/user', 'app'],
    ['/api/./user', 'app'],
    ['/api/user', 'identity'],
    ['/api/users/login', 'identity'],
    ['/api/users/other', 'app'],
    ['/api/profiles', 'app'],
    ['/api/profiles/jake/follow', 'app'],
    ['/api/profiles/"quoted"', 'app'],
    ['/api/articles/<script>', 'articles'],
  ])('%s goes to %s, unchanged', async (path, host) => {
    const { echo } = await get(edge, path);
    expect([echo.host, echo.url]).toEqual([host, path]);
  });

  it.each([
    '/metrics',
    '/metrics?x=1',
    '/%6Detrics',
    '//metrics',
    '/metrics#x',
    '/x/../metrics',
    '/_edge/400',
  ])('%s is nobody’s', async (path) => {
    expect(await get(edge, path)).toBeRefused(404, { route: ['not found'] });
  });

  it('passes methods and bodies', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const body = '{"a":"드래곤"}'.repeat(10_000);
      const reply = await sendRaw(edge.url, { method, path: '/api/user', body });
      expect(reply.body).toMatchObject({ method, body });
    }
  });

  it('tells the host the client’s address, and nothing that the client says of it', async () => {
    const { echo } = await get(edge, '/api/tags', {
      host: 'conduit.example:8080',
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'for=203.0.113.7',
    });
    expect(echo.headers).toMatchObject({
      host: 'conduit.example:8080',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'conduit.example:8080',
      'x-forwarded-proto': 'http',
    });
    expect(echo.headers).not.toHaveProperty('forwarded');
  });

  it('keeps a sane request id and replaces others', async () => {
    expect((await get(edge, '/', { 'x-request-id': 'Sane-1._' })).echo.headers['x-request-id']).toBe(
      'Sane-1._',
    );
    for (const id of ['two words', '<b>', 'a'.repeat(65), '"', '{}'])
      expect((await get(edge, '/', { 'x-request-id': id })).echo.headers['x-request-id']).toMatch(
        /^[0-9a-f]{32}$/,
      );
    const [one, other] = [await get(edge, '/'), await get(edge, '/')];
    expect(one.echo.headers['x-request-id']).not.toBe(other.echo.headers['x-request-id']);
  });

  it('uses its connections to a host again', async () => {
    const [, articles] = hosts;
    const before = articles!.seen.connections;
    for (let index = 0; index < 20; index += 1) await get(edge, '/api/tags');
    expect(articles!.seen.connections - before).toBeLessThan(3);
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
});

const one = parseTopology(
  `hosts: { app: { modules: [${modules.join(', ')}], replicas: 2 } }`,
  'one.yaml',
  modules,
);

/** Two replicas of one host, and nginx before them. */
function replicas(
  work: (two: { edge: Edge; first: EchoHost; second: EchoHost }) => Promise<void>,
  { first: instead, readTimeout }: { first?: Parameters<typeof echoHost>[1]; readTimeout?: number } = {},
) {
  return closing(async (closed) => {
    const first = closed(await echoHost('first', instead));
    const second = closed(await echoHost('second'));
    const addresses = { app: [first.address, second.address] };
    const edge = await startEdge({
      topology: one,
      manifests,
      addresses,
      ...(readTimeout && { readTimeout }),
    });
    closed({ close: () => edge.stop() });
    await work({ edge, first, second });
  });
}

describe('nginx in front of replicas', () => {
  it('shares requests among them', () =>
    replicas(async ({ edge, first, second }) => {
      for (let index = 0; index < 20; index += 1) await get(edge, '/');
      expect([first.seen.requests, second.seen.requests]).toEqual([10, 10]);
    }));

  it('gives an idempotent request that one has dropped to the other, and leaves that one alone for a while', () =>
    replicas(
      async ({ edge, first }) => {
        for (let index = 0; index < 20; index += 1) expect((await get(edge, '/')).echo.host).toBe('second');
        expect(first.seen.requests).toBe(1);
      },
      { first: (request) => Boolean(request.socket.destroy()) },
    ));

  it('never sends a command twice', () =>
    replicas(
      async ({ edge, first, second }) => {
        const statuses: number[] = [];
        for (let index = 0; index < 4; index += 1)
          statuses.push((await sendRaw(edge.url, { method: 'POST', path: '/api/users', body: '{}' })).status);
        expect(statuses.filter((status) => status === 502)).toHaveLength(1);
        expect([first.seen.requests, second.seen.requests]).toEqual([1, 3]);
      },
      { first: (request) => Boolean(request.socket.destroy()) },
    ));

  it('sends a command to the other when one does not even listen', () =>
    replicas(async ({ edge, first }) => {
      await first.close();
      for (let index = 0; index < 4; index += 1) {
        const reply = await sendRaw(edge.url, { method: 'POST', path: '/api/users', body: '{"a":1}' });
        expect(reply.body).toMatchObject({ host: 'second', body: '{"a":1}' });
      }
      const again = await echoHost('first', undefined, Number(first.address.split(':')[1]));
      try {
        await expect.poll(async () => (await get(edge, '/')).echo.host, { timeout: 10_000 }).toBe('first');
      } finally {
        await again.close();
      }
    }));

  it('passes on a 503 and takes nobody for dead because of it', () =>
    replicas(
      async ({ edge }) => {
        const answers: string[] = [];
        for (let index = 0; index < 6; index += 1) {
          const { status, echo } = await get(edge, '/');
          answers.push(status === 200 ? echo.host : `${status}`);
        }
        expect(answers.toSorted()).toEqual(['503', '503', '503', 'second', 'second', 'second']);
      },
      {
        first: (_request, response) => {
          response.writeHead(503).end();
          return true;
        },
      },
    ));

  it('waits for a silent one a while; then it asks the other, or gives up when that must not be', () =>
    replicas(
      async ({ edge, first }) => {
        const command = await sendRaw(edge.url, { method: 'POST', path: '/api/users', body: '{}' });
        expect(command).toBeRefused(504, { server: ['deadline exceeded'] });
        await expect
          .poll(async () => (await get(edge, '/')) && first.seen.requests, { timeout: 10_000 })
          .toBe(2);
        const replies = [await get(edge, '/'), await get(edge, '/'), await get(edge, '/')];
        expect(replies.map(({ echo }) => echo.host)).toEqual(['second', 'second', 'second']);
        expect(first.seen.requests).toBe(2);
      },
      { first: () => true, readTimeout: 1 },
    ));

  it('tries those that were taken for dead when there is nobody else', () =>
    replicas(async ({ edge, first, second }) => {
      await first.close();
      for (let index = 0; index < 4; index += 1) expect((await get(edge, '/')).echo.host).toBe('second');
      const again = await echoHost('first', undefined, Number(first.address.split(':')[1]));
      await second.close();
      try {
        for (let index = 0; index < 4; index += 1) {
          const reply = await sendRaw(edge.url, { method: 'POST', path: '/api/users', body: '{}' });
          expect(reply.body).toMatchObject({ host: 'first' });
        }
      } finally {
        await again.close();
      }
    }));

  it('says that nobody is there', () =>
    replicas(async ({ edge, first, second }) => {
      await Promise.all([first.close(), second.close()]);
      const reply = await get(edge, '/');
      expect(reply).toBeRefused(502, { server: ['unavailable'] });
      expect(reply.headers.get('retry-after')).toBe('1');
    }));
});

describe('every topology of the repository', () => {
  const names = readdirSync(new URL('../../topologies', import.meta.url)).map((file) =>
    file.replace('.yaml', ''),
  );

  it.each(names)('%s: nginx accepts what is made of it', (name) =>
    closing(async (closed) => {
      const topology = await readTopology(name, { modules });
      const host = closed(await echoHost('any'));
      const addresses = Object.fromEntries(topology.hosts.map(({ name: each }) => [each, [host.address]]));
      const edge = await startEdge({ topology, manifests, addresses });
      closed({ close: () => edge.stop() });
      expect((await get(edge, '/api/tags')).echo.host).toBe('any');
    }),
  );
});
