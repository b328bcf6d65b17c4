import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { manifests, moduleNames as modules } from '@tearline/modules';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { defaultLimits, parseTopology, type Topology } from '../../libs/topology/src/index.js';
import { sendBytes, sendRaw } from '../support/raw-http.js';
import { type Echo, type EchoHost, echoHost, type Edge, get, startEdge } from './edge.js';
import '../e2e/matchers.js';

const split: Topology = parseTopology(
  'hosts: { app: { modules: [social, comments, notifications, media] }, articles: { modules: [articles] }, identity: { modules: [identity] } }',
  'split.yaml',
  modules,
);

describe('nginx in front of a split', () => {
  let edge: Edge;
  let log: string;
  const hosts: EchoHost[] = [];

  beforeAll(async () => {
    log = join(mkdtempSync(join(tmpdir(), 'edge log; "quoted" {}-')), 'edge.log');
    for (const name of ['app', 'articles', 'identity']) hosts.push(await echoHost(name));
    const [app, articles, identity] = hosts.map(({ address }) => [address]);
    edge = await startEdge({
      topology: split,
      manifests,
      addresses: { app: app!, articles: articles!, identity: identity! },
      accessLog: log,
    });
  });
  afterAll(async () => {
    await edge.stop();
    await Promise.all(hosts.map((host) => host.close()));
    rmSync(dirname(log), { recursive: true });
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
    ['/api/notifications', 'app'],
    ['/api/notifications/stream?ticket=a%2Fb', 'app'],
    ['/media/0123/avatar-64', 'app'],
    ['/queues', 'app'],
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
  ])('%s matches no route', async (path) => {
    expect(await get(edge, path)).toBeRefused(404, { route: ['not found'] });
  });

  it('passes headers of 12 KiB, which the hosts accept', async () => {
    const reply = await sendRaw(edge.url, {
      method: 'GET',
      path: '/api/tags',
      headers: { 'x-long': 'a'.repeat(12_288) },
    });
    expect(reply.status).toBe(200);
  });

  it('passes methods and bodies', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const body = '{"a":"드래곤"}'.repeat(10_000);
      const reply = await sendRaw(edge.url, { method, path: '/api/user', body });
      expect(reply.body).toMatchObject({ method, body });
    }
  });

  it('sends the client’s address to the host, and drops forwarding headers of the client', async () => {
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

  it('finds the client behind trusted proxies alone', async () => {
    const [app, articles, identity] = hosts.map(({ address }) => [address]);
    const behind = await startEdge({
      topology: split,
      manifests,
      addresses: { app: app!, articles: articles!, identity: identity! },
      limits: { ...defaultLimits, trustedProxies: ['127.0.0.9/32', '127.0.1.0/24', '10.0.0.0/8'] },
    });
    onTestFinished(() => behind.stop());
    const clientOf = async (localAddress: string, forwardedFor: string, proto = 'https') => {
      const headers = { 'x-forwarded-for': forwardedFor, 'x-forwarded-proto': proto };
      const { body } = await sendRaw(behind.url, { method: 'GET', path: '/api/tags', headers, localAddress });
      const { 'x-forwarded-for': address, 'x-forwarded-proto': scheme } = (body as Echo).headers;
      return `${scheme} ${address}`;
    };
    expect(await clientOf('127.0.0.9', '203.0.113.7')).toBe('https 203.0.113.7');
    expect(await clientOf('127.0.1.77', '203.0.113.7', 'http')).toBe('http 203.0.113.7');
    // What a client writes stands before what proxies add.
    expect(await clientOf('127.0.0.9', '198.51.100.1, 203.0.113.7, 10.1.2.3')).toBe('https 203.0.113.7');
    expect(await clientOf('127.0.0.9', '2001:db8::7')).toBe('https 2001:db8::7');
    expect(await clientOf('127.0.0.9', 'nonsense', 'gopher')).toBe('http 127.0.0.9');
    expect(await clientOf('127.0.0.8', '203.0.113.7')).toBe('http 127.0.0.8');
  });

  it('serves clients of HTTP/1.0, which need not say what they call it', async () => {
    const reply = await sendBytes(edge.url, 'GET /api/tags HTTP/1.0\r\n\r\n');
    expect(reply.body).toMatchObject({ host: 'articles', headers: { host: new URL(edge.url).host } });
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

  it('writes a line of JSON for each request, without the query', async () => {
    const path = '/api/articles/"a"\\?token=secret';
    const id = 'a-request-to-be-found';
    await get(edge, path, { 'x-request-id': id });
    const lineOf = () =>
      readFileSync(log, 'utf8')
        .split('\n')
        .find((line) => line.includes(id));
    await expect.poll(lineOf).toBeDefined();
    expect(JSON.parse(lineOf()!)).toMatchObject({
      method: 'GET',
      path: '/api/articles/"a"\\',
      host: 'articles',
      status: 200,
      answered: '200',
      tried: hosts[1]!.address,
    });
    expect(lineOf()).not.toContain('secret');
  });

  it.each([
    '/api/tags;token=s3cret',
    '/api/tags%3Ftoken=s3cret',
    '/api/tags%253ftoken=s3cret',
    '/api/tags?%74oken=s3cret',
  ])('writes no value of a parameter into the log: %s', async (path) => {
    const id = `parameter-${crypto.randomUUID()}`;
    await get(edge, path, { 'x-request-id': id });
    const lineOf = () =>
      readFileSync(log, 'utf8')
        .split('\n')
        .find((line) => line.includes(id));
    await expect.poll(lineOf).toContain('"path":"/api/tags"');
    expect(lineOf()).not.toContain('s3cret');
  });

  it('uses its connections to a host again', async () => {
    const [, articles] = hosts;
    const before = articles!.seen.connections;
    for (let index = 0; index < 20; index += 1) await get(edge, '/api/tags');
    expect(articles!.seen.connections - before).toBeLessThan(3);
  });
});
