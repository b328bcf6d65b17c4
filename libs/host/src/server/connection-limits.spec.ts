import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { startTestHost, type TestHost } from '../fixtures/test-host.fixture.js';
import { maxConnections } from './connection-limits.js';

let host: TestHost;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await host.app.close();
});

/** Opens a connection from an address and sends the beginning of a request. */
async function halfOpen(localAddress: string): Promise<Socket> {
  const socket = connect({ port: host.port, host: '127.0.0.1', localAddress });
  sockets.push(socket);
  // A refused connection may be reset before the client sees that it was established.
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => undefined);
  socket.on('error', () => undefined);
  socket.write('GET /api/samples HTTP/1.1\r\nHost: x\r\n');
  return socket;
}

async function completes(socket: Socket): Promise<boolean> {
  const answered = once(socket, 'data').then(String, () => '');
  const closed = once(socket, 'close').then(() => '');
  socket.write('\r\n');
  return (await Promise.race([answered, closed])).startsWith('HTTP/1.1 200 ');
}

const metric = async (name: string) => (await (await fetch(`${host.url}/metrics`)).text()).match(name)?.[1];

describe('connections', () => {
  it('of one address are limited, without effect on others', async () => {
    host = await startTestHost({ CONNECTIONS_PER_ADDRESS: '3' });
    const held = [await halfOpen('127.0.0.2'), await halfOpen('127.0.0.2'), await halfOpen('127.0.0.2')];
    const fourth = await halfOpen('127.0.0.2');
    await expect.poll(() => fourth.destroyed).toBe(true);
    expect(await completes(await halfOpen('127.0.0.3'))).toBe(true);
    expect(await metric(String.raw`http_connections_refused_total\{reason="address"\} (\d+)`)).toBe('1');
    expect(
      host.logged(
        'refused a connection: this address has CONNECTIONS_PER_ADDRESS=3 already; no further warning for a minute',
      ),
    ).toHaveLength(1);

    held[0]!.destroy();
    await expect.poll(async () => completes(await halfOpen('127.0.0.2'))).toBe(true);
    expect(await completes(held[1]!)).toBe(true);
  });

  it.each(['1', '127.0.0.0/24'])('of proxies in TRUST_PROXY=%s are not', async (TRUST_PROXY) => {
    host = await startTestHost({ CONNECTIONS_PER_ADDRESS: '1', TRUST_PROXY });
    const held = [await halfOpen('127.0.0.2'), await halfOpen('127.0.0.2')];
    for (const socket of held) expect(await completes(socket)).toBe(true);
  });

  it('end when a head takes more than ten seconds to arrive', { timeout: 60_000 }, async () => {
    host = await startTestHost();
    const socket = await halfOpen('127.0.0.2');
    const response = once(socket, 'data');
    const started = performance.now();
    expect(String((await response)[0])).toMatch(/^HTTP\/1.1 408 /);
    // Node.js alone allows a minute.
    expect(performance.now() - started).toBeLessThan(40_000);
  });
});

it('a process accepts as many connections as its limit on open files leaves', () => {
  expect(maxConnections(1_024)).toBe(768);
  expect(maxConnections(65_536)).toBe(64_512);
});
