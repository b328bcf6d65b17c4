import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TestHost, startTestHost } from '../fixtures/test-host.fixture.js';
import { sendRaw, rawConnection } from '../fixtures/raw-http.fixture.js';
import { resetSampleState, sampleState } from '../fixtures/sample-module.fixture.js';

let host: TestHost;
beforeEach(() => resetSampleState());
afterEach(() => host.app.close());

describe('a request', () => {
  it('keeps the id that it comes with', async () => {
    host = await startTestHost();
    const response = await fetch(`${host.url}/nowhere`, { headers: { 'x-request-id': 'Client-7.a_b' } });
    expect(response.headers.get('x-request-id')).toBe('Client-7.a_b');
  });

  it.each(['two words', 'x'.repeat(65), 'a"b', 'ä'])('gets an id of its own instead of %j', async (id) => {
    host = await startTestHost();
    const response = await fetch(`${host.url}/nowhere`, { headers: { 'x-request-id': id } });
    const given = response.headers.get('x-request-id');
    expect(given).toMatch(/^[\w-]{8}-[\da-z]+$/);
    const next = await fetch(`${host.url}/nowhere`);
    expect(next.headers.get('x-request-id')).not.toBe(given);
  });

  it('runs in its own call, from the body to the handler, next to others', async () => {
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

  it('is answered with 504 when its time is up, and its call is cancelled', async () => {
    host = await startTestHost({ REQUEST_TIMEOUT_MS: '100' });
    const response = await fetch(`${host.url}/api/samples/slow`);
    expect(response.status).toBe(504);
    expect(await response.json()).toEqual({ errors: { server: ['deadline exceeded'] } });
    expect(await sampleState.cancelled.promise).toBe('deadline-exceeded');
    sampleState.gate.resolve();
    expect((await fetch(`${host.url}/api/samples`)).status).toBe(200);
  });

  it('is answered with 504 when its body does not arrive', async () => {
    host = await startTestHost({ REQUEST_TIMEOUT_MS: '100' });
    const head =
      'POST /api/samples HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{';
    const answer = await sendRaw(host.port, head);
    expect(answer).toMatch(/^HTTP\/1.1 504 /);
  });

  it('has the time of its route, where that has one of its own, beside those that have the ordinary one', async () => {
    host = await startTestHost({ REQUEST_TIMEOUT_MS: '100' });
    const started = performance.now();
    const longer = fetch(`${host.url}/api/samples/longer`);
    await sampleState.begun.promise;
    expect((await fetch(`${host.url}/api/samples/slow`)).status).toBe(504);
    expect((await longer).status).toBe(504);
    expect(performance.now() - started).toBeGreaterThan(295);
    sampleState.gate.resolve();
  });

  it('may have a longer time, and need it', async () => {
    host = await startTestHost({ REQUEST_TIMEOUT_MS: '50' });
    const longer = fetch(`${host.url}/api/samples/longer`, { headers: { 'x-request-id': 'longer-1' } });
    await sampleState.begun.promise;
    setTimeout(() => sampleState.gate.resolve(), 150);
    const answer = await longer;
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ requestId: 'longer-1' });
  });

  it('may go on for as long as both want', async () => {
    host = await startTestHost({ REQUEST_TIMEOUT_MS: '50' });
    const leaving = new AbortController();
    const answer = await fetch(`${host.url}/api/samples/stream`, { signal: leaving.signal });
    const reader = answer.body!.getReader();
    expect(String(Buffer.from((await reader.read()).value))).toBe('one ');
    setTimeout(() => sampleState.gate.resolve(), 200);
    expect(String(Buffer.from((await reader.read()).value))).toBe('two ');
    leaving.abort();
    expect(await sampleState.cancelled.promise).toBe('cancelled');
  });

  it('is cancelled when its client leaves', async () => {
    host = await startTestHost();
    const leaving = new AbortController();
    const answer = fetch(`${host.url}/api/samples/slow`, {
      signal: leaving.signal,
      headers: { 'x-request-id': 'left-early' },
    });
    await sampleState.begun.promise;
    leaving.abort();
    await expect(answer).rejects.toThrow('abort');
    expect(await sampleState.cancelled.promise).toBe('cancelled');
    sampleState.gate.resolve();
    await expect
      .poll(() => host.logged('request').find(({ requestId }) => requestId === 'left-early'))
      .toMatchObject({ status: 499 });
  });

  it('may come from a page of another origin', async () => {
    host = await startTestHost();
    const preflight = await fetch(`${host.url}/api/samples`, {
      method: 'OPTIONS',
      headers: { origin: 'https://shop.example', 'access-control-request-method': 'PUT' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT');
    expect(preflight.headers.get('access-control-allow-headers')).toBe(
      'Authorization, Content-Type, Idempotency-Key, X-Request-Id, Consistency, Consistency-Token',
    );
    const { headers } = await fetch(`${host.url}/nowhere`, { headers: { origin: 'https://shop.example' } });
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-expose-headers')).toContain('X-Request-Id');
  });

  it('may come from the pages of the origins that are named, and no others', async () => {
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

  it('may be one of many on a connection', async () => {
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
