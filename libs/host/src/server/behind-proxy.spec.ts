import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TestHost, startTestHost } from '../fixtures/test-host.fixture.js';
import { rawConnection } from '../fixtures/raw-http.fixture.js';
import { resetSampleState } from '../fixtures/sample-module.fixture.js';

let host: TestHost;
beforeEach(() => resetSampleState());
afterEach(() => host.app.close());

const REQUEST = 'GET /api/samples HTTP/1.1\r\nHost: x\r\n\r\n';

async function sendRequest(connection: Socket): Promise<string> {
  const response = once(connection, 'data');
  connection.write(REQUEST);
  return String((await response)[0]);
}

async function isAccepted(port: number): Promise<boolean> {
  try {
    (await rawConnection(port)).destroy();
    return true;
  } catch {
    return false;
  }
}

describe('a shutdown behind a proxy', () => {
  it('responds on open connections of the proxy, and closes them with the response', async () => {
    host = await startTestHost({ TRUST_PROXY: '1' });
    const held = await rawConnection(host.port);
    expect(await sendRequest(held)).toMatch(/^connection: keep-alive\r$/im);

    const closing = host.app.close();
    await expect.poll(() => isAccepted(host.port)).toBe(false);
    const closed = once(held, 'close');
    const answer = await sendRequest(held);
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(answer).toMatch(/^connection: close\r$/im);
    await Promise.all([closed, closing]);
  });

  it('ends as soon as the proxy has closed its connections', async () => {
    host = await startTestHost({ TRUST_PROXY: '1' });
    const held = await rawConnection(host.port);
    await sendRequest(held);
    const started = performance.now();
    const closing = host.app.close();
    held.end();
    await closing;
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  it('stops waiting for a proxy that keeps its connections open', async () => {
    host = await startTestHost({ TRUST_PROXY: '1', SHUTDOWN_TIMEOUT_MS: '200' });
    const held = await rawConnection(host.port);
    await sendRequest(held);
    const closed = once(held, 'close');
    await host.app.close();
    await closed;
    expect(held.destroyed).toBe(true);
  });
});
