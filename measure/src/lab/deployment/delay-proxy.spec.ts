import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DelayProxy, EmulatedNetwork } from './delay-proxy.js';

describe('a proxy between hosts', () => {
  let server: Server;
  let network: EmulatedNetwork;
  let proxy: DelayProxy;
  let port: number;

  beforeEach(async () => {
    server = createServer({ allowHalfOpen: true }, (socket) => void socket.pipe(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    network = new EmulatedNetwork();
    proxy = new DelayProxy(network, (server.address() as AddressInfo).port);
    port = await proxy.listen();
  });
  afterEach(async () => {
    await proxy.close();
    await network.close();
    server.close();
  });

  /** Sends a word and waits for its echo. @returns milliseconds */
  async function echo(word: string): Promise<number> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    const started = performance.now();
    socket.write(word);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toBe(word);
    const milliseconds = performance.now() - started;
    socket.end();
    await once(socket, 'close');
    return milliseconds;
  }

  it('delays data by half of the round trip each way', async () => {
    network.roundTrip = 40;
    for (let turn = 0; turn < 3; turn += 1) expect(await echo('hello')).toBeGreaterThanOrEqual(39.9);
  });

  it('counts bytes both ways', async () => {
    await echo('12345');
    expect(network.bytes).toBe(10);
  });

  it('keeps the order of data and loses none', async () => {
    for (const roundTrip of [0, 1]) {
      network.roundTrip = roundTrip;
      const sent = Array.from({ length: 5_000 }, (_, index) => `${index} `);
      const socket = connect({ port, host: '127.0.0.1' });
      for (const part of sent) socket.write(part);
      socket.end();
      expect(await text(socket)).toBe(sent.join(''));
    }
  });

  it('closes the connection when the host does', async () => {
    const target = new Promise<void>((resolve) => {
      server.once('connection', (socket) => {
        socket.resetAndDestroy();
        resolve();
      });
    });
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    await target;
    if (!socket.closed) await once(socket, 'close');
    expect(socket.destroyed).toBe(true);
  });

  it('closes the connection when the host does not listen', async () => {
    const closed = once(server, 'close');
    server.close();
    await closed;
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    await once(socket, 'close');
    expect(network.bytes).toBe(0);
  });
});
