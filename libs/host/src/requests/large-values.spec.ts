import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sampleState } from '../fixtures/sample-module.fixture.js';
import { startTestHost, type TestHost } from '../fixtures/test-host.fixture.js';

const MIB = 1_048_576;
/** More than the kernel buffers of an unread response. */
const LARGE = 12 * MIB;

let host: TestHost;
let stalled: Socket[];
beforeEach(async () => {
  host = await startTestHost({ LARGE_VALUES_MIB: '32' });
  stalled = [];
});
afterEach(async () => {
  for (const socket of stalled) socket.destroy();
  await host.app.close();
});

/** Requests a path over connections that read no more than the start of the response. */
async function requestAndStall(path: string, times: number): Promise<void> {
  for (let count = 0; count < times; count += 1) {
    const socket = connect(host.port, '127.0.0.1');
    stalled.push(socket);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await once(socket, 'data');
    socket.pause();
  }
}

const large = `/api/samples/large?bytes=${LARGE}`;
const status = async (path: string, init?: RequestInit) => {
  const response = await fetch(host.url + path, init);
  await response.arrayBuffer();
  return response.status;
};

it('large responses get 503 while others hold the memory, and 200 afterwards', async () => {
  await requestAndStall(large, 2);
  const response = await fetch(host.url + large);
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('1');
  expect(await response.json()).toEqual({ errors: { server: ['unavailable'] } });
  expect(await status('/api/samples')).toBe(200);
  for (const socket of stalled) socket.destroy();
  await expect.poll(() => status(large)).toBe(200);
});

it('large bodies of requests get 503 as well', async () => {
  await requestAndStall(`/api/samples/large?bytes=${15.5 * MIB}`, 2);
  const headers = { 'content-type': 'application/json' };
  const send = (bytes: number) =>
    status('/api/samples/anything', { method: 'POST', headers, body: JSON.stringify('x'.repeat(bytes)) });
  expect(await send(MIB - 2)).toBe(503);
  expect(await send(1_000)).toBe(200);
});

it('a large response that many clients share counts once', async () => {
  sampleState.shared = Buffer.alloc(LARGE, ' ');
  await requestAndStall('/api/samples/large-and-shared', 4);
  expect(await status('/api/samples/large-and-shared')).toBe(200);
  expect(await status(large)).toBe(200);
});
