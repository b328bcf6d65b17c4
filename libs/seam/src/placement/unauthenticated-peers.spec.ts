import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCallee, openCaller, SECRET, Watcher } from './apps.fixture.js';
import { forkCallee, type ForkedCallee } from './forked-callee.fixture.js';
import { framed, rawPeer } from './raw-peer.fixture.js';
import { nonce, proof } from '../remote/credential.js';

let watcher: Watcher;
let callee: Awaited<ReturnType<typeof openCallee>>;

beforeEach(async () => {
  watcher = new Watcher();
  callee = await openCallee({ observer: watcher }, { handshakeTimeout: 300 });
});
afterEach(() => callee.close());

const call = { id: 1, pattern: 'probe.add', metadata: { requestId: 'x', left: 1000 }, data: { amount: 1 } };
const isAlive = async () => {
  const caller = await openCaller([callee.address]);
  const total = await caller.client.total();
  await caller.close();
  return total;
};

/** Reads the server's challenge and answers it, with the right secret or another one. */
async function trustedPeer(secret = SECRET, address = callee.address) {
  const peer = await rawPeer(address);
  await expect.poll(peer.text).toContain('challenge');
  const { challenge } = JSON.parse(peer.text().split('#')[1]!) as { challenge: string };
  const mine = nonce();
  peer.socket.write(framed({ hello: { nonce: mine, proof: proof({ secret }, 'client', challenge, mine) } }));
  return { ...peer, challenge };
}

describe('an unauthenticated peer', () => {
  it.each<[string, string, string]>([
    ['that calls before the hello', framed(call), 'a malformed hello'],
    ['that sends garbage', 'GET / HTTP/1.1\r\n\r\n', 'a malformed frame'],
    ['that sends bytes', '\u0000\u0001\u0002#', 'a malformed frame'],
    ['that sends no JSON', '5#{"a":', 'JSON'],
    ['that sends an empty frame', '0#', 'an empty frame'],
    ['that announces 1 GB', '1000000000#{', 'above the limit'],
    ['that announces 2 KB', '2048#{', 'above the limit'],
    ['that sends a hello without a proof', framed({ hello: { nonce: 'x' } }), 'a wrong credential'],
    [
      'that guesses the proof',
      framed({ hello: { nonce: 'x', proof: 'A'.repeat(43) } }),
      'a wrong credential',
    ],
  ])('%s gets the challenge only, and is disconnected', async (_, sent, reason) => {
    const { socket, text, closed } = await rawPeer(callee.address);
    socket.write(sent);
    await closed;
    expect(text()).toMatch(/^(\d+#\{"challenge":"[\w-]{32}"\})?$/);
    await expect.poll(() => watcher.events.join()).toContain(reason);
    expect(await isAlive()).toBe(0);
  });

  it('with the wrong secret is disconnected', async () => {
    const { closed, text } = await trustedPeer('another secret than theirs');
    await closed;
    expect(text()).not.toContain('accept');
    const caller = await openCaller([callee.address], {
      credential: { secret: 'another secret than theirs' },
    });
    await expect(caller.client.total()).rejects.toMatchObject({ code: 'unavailable' });
    await caller.close();
    expect(watcher.calls).toEqual([]);
  });

  it('cannot replay the proof of another connection', async () => {
    const first = await trustedPeer();
    await expect.poll(first.text).toContain('accept');
    const { challenge } = first;
    const replayed = framed({
      hello: { nonce: 'n', proof: proof({ secret: SECRET }, 'client', challenge, 'n') },
    });
    const { socket, closed, text } = await rawPeer(callee.address);
    socket.write(replayed);
    await closed;
    expect(text()).not.toContain('accept');
    first.socket.destroy();
  });

  it('that sends nothing is disconnected after the handshake timeout', async () => {
    const { closed } = await rawPeer(callee.address);
    await closed;
    expect(watcher.events).toContain('refused no credential in time');
  });
});

describe('an unauthenticated server', () => {
  it('receives the hello, but no call', async () => {
    const { createServer } = await import('node:net');
    let received = '';
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write(framed({ challenge: 'c' }));
      socket.on('data', (data) => {
        received += data.toString();
        socket.write(framed({ accept: { proof: 'x'.repeat(43), contracts: [], honoursKeys: true } }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const caller = await openCaller([`127.0.0.1:${port}`]);
    await expect(caller.client.add({ amount: 1 })).rejects.toMatchObject({ code: 'unavailable' });
    expect(received).toContain('hello');
    expect(received).not.toContain('probe.add');
    await caller.close();
    server.close();
  });
});

describe('a peer with the credential', () => {
  it.each<[string, string, string]>([
    ['announces 1 GB', '1000000000#{', 'above the limit'],
    ['sends garbage', 'hello', 'a malformed frame'],
    ['sends a call without metadata', framed({ ...call, metadata: undefined }), 'a malformed call'],
    [
      'sends a call without a deadline',
      framed({ ...call, metadata: { requestId: 'x' } }),
      'a malformed call',
    ],
  ])('that %s is disconnected', async (_, sent, reason) => {
    const peer = await trustedPeer();
    await expect.poll(peer.text).toContain('accept');
    peer.socket.write(sent);
    await peer.closed;
    await expect.poll(() => watcher.events.join()).toContain(reason);
    expect(await isAlive()).toBe(0);
  });

  it('that never ends a message is disconnected', async () => {
    const slow = await openCallee({ observer: watcher }, { messageTimeout: 200 });
    const peer = await trustedPeer(SECRET, slow.address);
    await expect.poll(peer.text).toContain('accept');
    peer.socket.write('1000000#{');
    const dripping = setInterval(() => peer.socket.write(' '), 20);
    await peer.closed;
    clearInterval(dripping);
    expect(watcher.events).toContain('refused a message that does not end');
    await slow.close();
  });

  it('that sends a wrong input gets the field in the error', async () => {
    const peer = await trustedPeer();
    await expect.poll(peer.text).toContain('accept');
    peer.socket.write(framed({ ...call, data: { amount: 'x', principal: { id: '1' } } }));
    await expect.poll(peer.text).toContain('"code":"invalid-input"');
    expect(peer.text()).toContain('probe.add input.amount');
    peer.socket.destroy();
  });

  it('cannot set the principal in the payload', async () => {
    const peer = await trustedPeer();
    await expect.poll(peer.text).toContain('accept');
    peer.socket.write(framed({ ...call, pattern: 'probe.context', principal: '1', data: undefined }));
    await expect.poll(peer.text).toContain('"response":{"requestId":"x"');
    expect(peer.text().split('"response"')[1]).not.toContain('principal');
    peer.socket.destroy();
  });

  it('that calls a method that is not exposed is answered incompatible', async () => {
    const peer = await trustedPeer();
    await expect.poll(peer.text).toContain('accept');
    peer.socket.write(framed({ ...call, pattern: 'constructor' }));
    await expect.poll(peer.text).toContain('"code":"incompatible"');
    peer.socket.destroy();
  });
});

describe('ten thousand unauthenticated connections', () => {
  let forked: ForkedCallee;
  afterEach(() => forked.end());

  it('that stay silent keep no other client out and cost no memory', async () => {
    forked = await forkCallee({ server: { handshakeTimeout: 1000 } });
    const residentMiB = async () => {
      const answer = once(forked.child, 'message');
      forked.child.send('memory');
      const [{ rss }] = (await answer) as [{ rss: number }];
      return rss / 1024 / 1024;
    };
    const caller = await openCaller([forked.address]);
    await caller.client.nothing();
    const before = await residentMiB();
    let failures = 0;
    for (let batch = 0; batch < 40; batch++) {
      const silent = await Promise.all(Array.from({ length: 250 }, () => rawPeer(forked.address)));
      // An authenticated caller between them.
      const other = await openCaller([forked.address]);
      await other.client.nothing().catch(() => (failures += 1));
      await other.close();
      // Left open: the server has to end them.
      for (const { socket } of silent) socket.unref();
    }
    expect(failures).toBe(0);
    await caller.client.nothing();
    expect((await residentMiB()) - before).toBeLessThan(80);
    await caller.close();
  });
});
