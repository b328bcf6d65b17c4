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

async function ask(connection: Socket): Promise<string> {
  const answered = once(connection, 'data');
  connection.write(REQUEST);
  return String((await answered)[0]);
}

async function isLetIn(port: number): Promise<boolean> {
  try {
    (await rawConnection(port)).destroy();
    return true;
  } catch {
    return false;
  }
}

describe('closing behind a proxy', () => {
  it('still answers on connections that the proxy holds, and closes them with the answer', async () => {
    host = await startTestHost({ TRUST_PROXY: '1' });
    const held = await rawConnection(host.port);
    expect(await ask(held)).toMatch(/^connection: keep-alive\r$/im);

    const closing = host.app.close();
    await expect.poll(() => isLetIn(host.port)).toBe(false);
    const hungUp = once(held, 'close');
    const answer = await ask(held);
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(answer).toMatch(/^connection: close\r$/im);
    await Promise.all([hungUp, closing]);
  });

  it('ends as soon as the proxy has hung up', async () => {
    host = await startTestHost({ TRUST_PROXY: '1' });
    const held = await rawConnection(host.port);
    await ask(held);
    const started = performance.now();
    const closing = host.app.close();
    held.end();
    await closing;
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  it('does not wait for a proxy that never does', async () => {
    host = await startTestHost({ TRUST_PROXY: '1', SHUTDOWN_TIMEOUT_MS: '200' });
    const held = await rawConnection(host.port);
    await ask(held);
    const hungUp = once(held, 'close');
    await host.app.close();
    await hungUp;
    expect(held.destroyed).toBe(true);
  });
});
