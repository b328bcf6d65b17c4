import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TestHost, startTestHost } from '../fixtures/test-host.fixture.js';
import { rawConnection } from '../fixtures/raw-http.fixture.js';
import { resetSampleState, sampleState } from '../fixtures/sample-module.fixture.js';

let host: TestHost;
beforeEach(() => resetSampleState());
afterEach(() => host.app.close());

const SLOW = 'GET /api/samples/slow HTTP/1.1\r\nHost: x\r\n\r\n';

describe('a shutdown', () => {
  it('reports not ready, and lets requests in flight finish', async () => {
    host = await startTestHost();
    // An incomplete request keeps its connection from being idle, so that it can be completed during shutdown.
    const asking = await rawConnection(host.port);
    asking.write('GET /health/ready HTTP/1.1\r\nHost: x\r\n');
    const slow = await rawConnection(host.port);
    slow.write(SLOW);
    await sampleState.begun.promise;

    let isClosed = false;
    const closing = host.app.close().then(() => (isClosed = true));
    asking.write('\r\n');
    const ready = await text(asking);
    expect(ready).toMatch(/^HTTP\/1.1 503 [^]*\{"status":"shutting_down"\}$/);
    expect(ready).toMatch(/^connection: close\r$/im);
    await expect(fetch(`${host.url}/api/samples`)).rejects.toThrow('fetch failed');
    expect(isClosed).toBe(false);

    sampleState.gate.resolve();
    const answer = await text(slow);
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(answer).toMatch(/^connection: close\r$/im);
    await closing;
    expect(isClosed).toBe(true);
  });

  it('does not wait for idle connections', async () => {
    host = await startTestHost();
    const idle = await rawConnection(host.port);
    idle.write('GET /api/samples HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(idle, 'data');
    const disconnected = once(idle, 'close');
    await host.app.close();
    await disconnected;
    expect(idle.destroyed).toBe(true);
  });

  it.each(['off', '1'])('notifies streams before it waits for requests (proxies: %s)', async (proxies) => {
    host = await startTestHost({ TRUST_PROXY: proxies });
    const answer = await fetch(`${host.url}/api/samples/stream`);
    await sampleState.begun.promise;
    const closing = host.app.close();
    expect(await answer.text()).toBe('one end');
    await closing;
  });

  it('cancels requests that exceed the timeout', async () => {
    host = await startTestHost({ SHUTDOWN_TIMEOUT_MS: '50' });
    const slow = await rawConnection(host.port);
    slow.write(SLOW);
    slow.on('error', () => undefined);
    await sampleState.begun.promise;
    const disconnected = once(slow, 'close');
    await host.app.close();
    await disconnected;
    expect(await sampleState.cancelled.promise).toBe('cancelled');
    sampleState.gate.resolve();
  });
});
