import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { openCallee, openCaller, SECRET, Watcher } from './apps.fixture.js';
import { forkCallee } from './forked-callee.fixture.js';
import { framed } from './raw-peer.fixture.js';
import { peerSpecs } from './unauthenticated-peers.fixture.js';

peerSpecs({
  name: 'a server in Node.js',
  open: async ({ deployment, ...times }) => {
    const watcher = new Watcher();
    const { address, close } = await openCallee(
      { observer: watcher },
      { ...times, credential: { secret: SECRET, ...(deployment && { deployment }) } },
    );
    return { address, events: watcher.events, close };
  },
  openAlone: async (server) => {
    const { address, child, ...forked } = await forkCallee({ server });
    const residentMiB = async () => {
      const answer = once(child, 'message');
      child.send('memory');
      const [{ rss }] = (await answer) as [{ rss: number }];
      return rss / 1024 / 1024;
    };
    return { address, events: [], residentMiB, close: () => forked.end() };
  },
});

describe('an unauthenticated server', () => {
  it('receives the hello, but no call', async () => {
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
