import { createServer, request } from 'node:http';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Api } from '../support/api-client.js';
import { newUser, register } from '../support/conduit.js';
import { sendRaw } from '../support/raw-http.js';
import { type RunningTopology, startTopology } from '../support/running-topology.js';
import '../e2e/matchers.js';

const PROXY = '127.0.0.9';

/** A proxy that ends TLS in production: it adds the client's address and the scheme to what it forwards. */
async function startProxy(target: string) {
  const server = createServer((incoming, response) => {
    const before = incoming.headers['x-forwarded-for'];
    const headers = {
      ...incoming.headers,
      'x-forwarded-for': [...(before ? [String(before)] : []), incoming.socket.remoteAddress].join(', '),
      'x-forwarded-proto': 'https',
    };
    const { method = 'GET', url = '' } = incoming;
    const outgoing = request(target + url, { method, headers, localAddress: PROXY, agent: false });
    outgoing.on('response', (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      void pipeline(answer, response).catch(() => undefined);
    });
    void pipeline(incoming, outgoing).catch(() => undefined);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

describe('a topology behind a proxy, with limits of its own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'edge-log-'));
  let topology: RunningTopology;
  let proxy: Awaited<ReturnType<typeof startProxy>>;
  beforeAll(async () => {
    topology = await startTopology('monolith', {
      env: {
        EDGE_LOG: join(folder, 'edge log.jsonl'),
        TRUST_PROXY: `${PROXY}/32`,
        BODY_LIMIT: '3000000',
        LOGIN_FAILURES_PER_MINUTE: '3',
      },
    });
    proxy = await startProxy(topology.url);
  });
  afterAll(async () => {
    await proxy.close();
    await topology.stop();
    rmSync(folder, { recursive: true });
  });

  const logIn = (
    localAddress: string,
    email: string,
    password: string,
    headers: Record<string, string> = {},
  ) =>
    sendRaw(proxy.url, {
      method: 'POST',
      path: '/api/users/login',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ user: { email, password } }),
      localAddress,
    });

  it('counts failed logins by the addresses of clients, whatever they claim', async () => {
    const { email, password } = await register(new Api(topology.url));
    for (let attempt = 0; attempt < 3; attempt += 1)
      expect(
        await logIn('127.0.0.3', email, 'wrong', { 'x-forwarded-for': `203.0.113.${attempt}` }),
      ).toBeRefused(401);
    expect(await logIn('127.0.0.3', email, password, { 'x-forwarded-for': '203.0.113.9' })).toBeRefused(429);
    expect(await logIn('127.0.0.2', email, password)).toHaveStatus(200);
  });

  it('accepts bodies up to BODY_LIMIT', async () => {
    const send = (padding: number) =>
      sendRaw(topology.url, {
        method: 'POST',
        path: '/api/users',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ user: newUser(), padding: 'x'.repeat(padding) }),
      });
    expect(await send(2_500_000)).toHaveStatus(201);
    expect(await send(3_500_000)).toBeRefused(413, { body: ['is too large'] });
  });

  it('logs requests into a file whose path has a blank', async () => {
    await sendRaw(topology.url, {
      method: 'GET',
      path: '/api/tags',
      headers: { 'x-request-id': 'to-be-logged' },
    });
    await expect
      .poll(() => readFileSync(join(folder, 'edge log.jsonl'), 'utf8'))
      .toContain('"requestId":"to-be-logged"');
  });

  it('knows the scheme that clients use', async () => {
    const { text } = await sendRaw(proxy.url, { method: 'GET', path: '/' });
    expect(text).toContain('curl https://');
  });
});
