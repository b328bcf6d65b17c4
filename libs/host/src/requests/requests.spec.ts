import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TestHost, startTestHost } from '../fixtures/test-host.fixture.js';
import { sendRaw, rawConnection } from '../fixtures/raw-http.fixture.js';
import { resetSampleState, sampleState } from '../fixtures/sample-module.fixture.js';

let host: TestHost;
beforeEach(() => resetSampleState());
afterEach(() => host.app.close());

describe('a request', () => {
  it('keeps a valid id of the client', async () => {
    host = await startTestHost();
    const response = await fetch(`${host.url}/nowhere`, { headers: { 'x-request-id': 'Client-7.a_b' } });
    expect(response.headers.get('x-request-id')).toBe('Client-7.a_b');
  });

  it.each(['two words', 'x'.repeat(65), 'a"b', 'ä'])('gets a new id instead of %j', async (id) => {
    host = await startTestHost();
    const response = await fetch(`${host.url}/nowhere`, { headers: { 'x-request-id': id } });
    const given = response.headers.get('x-request-id');
    expect(given).toMatch(/^[\w-]{8}-[\da-z]+$/);
    const next = await fetch(`${host.url}/nowhere`);
    expect(next.headers.get('x-request-id')).not.toBe(given);
  });

  it('runs in a call context of its own, also while its body is parsed', async () => {
    host = await startTestHost();
    const ids = Array.from({ length: 20 }, (_, index) => `concurrent-${index}`);
    const answers = await Promise.all(
      ids.map(async (id) => {
        const response = await fetch(`${host.url}/api/samples`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-request-id': id },
          body: JSON.stringify({ sample: { name: 'ball' } }),
        });
        return ((await response.json()) as { requestId: string }).requestId;
      }),
    );
    expect(answers).toEqual(ids);
  });

  it('gets 504 after its deadline, and its call is cancelled', async () => {
    host = await startTestHost({ REQUEST_TIMEOUT_MS: '100' });
    const response = await fetch(`${host.url}/api/samples/slow`);
    expect(response.status).toBe(504);
    expect(await response.json()).toEqual({ errors: { server: ['deadline exceeded'] } });
    expect(await sampleState.cancelled.promise).toBe('deadline-exceeded');
    sampleState.gate.resolve();
    expect((await fetch(`${host.url}/api/samples`)).status).toBe(200);
  });

  it('gets 504 when its body does not arrive', async () => {
    host = await startTestHost({ REQUEST_TIMEOUT_MS: '100' });
    const head =
      'POST /api/samples HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{';
    const answer = await sendRaw(host.port, head);
    expect(answer).toMatch(/^HTTP\/1.1 504 /);
  });

  it('has the timeout of its route, beside requests with the default', async () => {
    host = await startTestHost({ REQUEST_TIMEOUT_MS: '100' });
    const started = performance.now();
    const longer = fetch(`${host.url}/api/samples/longer`);
    await sampleState.begun.promise;
    expect((await fetch(`${host.url}/api/samples/slow`)).status).toBe(504);
    expect((await longer).status).toBe(504);
    expect(performance.now() - started).toBeGreaterThan(295);
    sampleState.gate.resolve();
  });

  it('may take longer on a route with a longer timeout', async () => {
    host = await startTestHost({ REQUEST_TIMEOUT_MS: '50' });
    const longer = fetch(`${host.url}/api/samples/longer`, { headers: { 'x-request-id': 'longer-1' } });
    await sampleState.begun.promise;
    setTimeout(() => sampleState.gate.resolve(), 150);
    const answer = await longer;
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ requestId: 'longer-1' });
  });

  it('may last indefinitely on a route without a timeout', async () => {
    host = await startTestHost({ REQUEST_TIMEOUT_MS: '50' });
    const client = new AbortController();
    const answer = await fetch(`${host.url}/api/samples/stream`, { signal: client.signal });
    const reader = answer.body!.getReader();
    expect(String(Buffer.from((await reader.read()).value))).toBe('one ');
    setTimeout(() => sampleState.gate.resolve(), 200);
    expect(String(Buffer.from((await reader.read()).value))).toBe('two ');
    client.abort();
    expect(await sampleState.cancelled.promise).toBe('cancelled');
  });

  it('is cancelled when its client disconnects', async () => {
    host = await startTestHost();
    const client = new AbortController();
    const answer = fetch(`${host.url}/api/samples/slow`, {
      signal: client.signal,
      headers: { 'x-request-id': 'disconnected-1' },
    });
    await sampleState.begun.promise;
    client.abort();
    await expect(answer).rejects.toThrow('abort');
    expect(await sampleState.cancelled.promise).toBe('cancelled');
    sampleState.gate.resolve();
    await expect
      .poll(() => host.logged('request').find(({ requestId }) => requestId === 'disconnected-1'))
      .toMatchObject({ status: 499 });
  });

  it('may come from a page of any origin by default', async () => {
    host = await startTestHost();
    const preflight = await fetch(`${host.url}/api/samples`, {
      method: 'OPTIONS',
      headers: { origin: 'https://shop.example', 'access-control-request-method': 'PUT' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT');
    expect(preflight.headers.get('access-control-allow-headers')).toBe(
      'Authorization, Content-Type, Idempotency-Key, X-CSRF-Token, X-Request-Id, Consistency, Consistency-Token',
    );
    const { headers } = await fetch(`${host.url}/nowhere`, { headers: { origin: 'https://shop.example' } });
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-expose-headers')).toContain('X-Request-Id');
  });

  it('may come from pages of the configured origins only', async () => {
    host = await startTestHost({ CORS_ORIGINS: 'https://shop.example,https://other.example' });
    const allowed = async (origin: string, method: string) => {
      const headers = { origin, 'access-control-request-method': 'GET' };
      return (await fetch(`${host.url}/api/samples`, { method, headers })).headers.get(
        'access-control-allow-origin',
      );
    };
    for (const method of ['GET', 'OPTIONS']) {
      expect(await allowed('https://other.example', method)).toBe('https://other.example');
      expect(await allowed('https://evil.example', method)).toBeNull();
    }
  });

  it('may share a connection with others', async () => {
    host = await startTestHost();
    const socket = await rawConnection(host.port);
    for (const path of ['/api/samples', '/api/samples/bug', '/nowhere']) {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await once(socket, 'data');
    }
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  });
});
