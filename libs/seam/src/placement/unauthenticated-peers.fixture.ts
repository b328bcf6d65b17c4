import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openCaller, SECRET, Watcher } from './apps.fixture.js';
import { framed, rawPeer } from './raw-peer.fixture.js';
import { nonce, proof } from '../remote/credential.js';

/** A server that answers the probe contract, in whatever language. */
export interface ExposedCallee {
  readonly address: string;
  /** What it reported of connections, such as `refused a wrong credential`. */
  readonly events: string[];
  close(): Promise<unknown>;
}

/** Times in milliseconds. */
export interface ExposedOptions {
  readonly handshakeTimeout?: number;
  readonly messageTimeout?: number;
  readonly deployment?: string;
}

/** How to start the server under test. */
export interface ServerUnderTest {
  readonly name: string;
  readonly open: (options: ExposedOptions) => Promise<ExposedCallee>;
  /** Starts it in an operating-system process of its own. */
  readonly openAlone: (
    options: ExposedOptions,
  ) => Promise<ExposedCallee & { residentMiB(): Promise<number> }>;
}

const call = { id: 1, pattern: 'probe.add', metadata: { requestId: 'x', left: 1000 }, data: { amount: 1 } };

/** What a server does with peers that do not have the credential, or have it and break the protocol. */
export function peerSpecs({ name, open, openAlone }: ServerUnderTest): void {
  let callee: ExposedCallee;
  beforeAll(async () => {
    callee = await open({ handshakeTimeout: 1000, messageTimeout: 300 });
  });
  afterEach(() => void callee.events.splice(0));
  afterAll(() => callee.close());

  /** The sum of all calls of `add`; none of these peers may make one. */
  const total = async () => {
    const caller = await openCaller([callee.address]);
    const sum = await caller.client.total();
    await caller.close();
    return sum;
  };

  /** A peer that has read the server's challenge and answered it. */
  async function peerAfterHello(secret = SECRET) {
    const peer = await rawPeer(callee.address);
    await expect.poll(peer.text).toContain('challenge');
    const { challenge } = JSON.parse(peer.text().split('#')[1]!) as { challenge: string };
    const mine = nonce();
    peer.socket.write(
      framed({ hello: { nonce: mine, proof: proof({ secret }, 'client', challenge, mine) } }),
    );
    return { ...peer, challenge };
  }

  async function authenticatedPeer() {
    const peer = await peerAfterHello();
    await expect.poll(peer.text).toContain('accept');
    return peer;
  }

  describe(`${name}: an unauthenticated peer`, () => {
    it.each<[string, string, string]>([
      ['that calls before the hello', framed(call), 'a malformed hello'],
      ['that sends garbage', 'GET / HTTP/1.1\r\n\r\n', 'a malformed frame'],
      ['that sends bytes', '\u0000\u0001\u0002#', 'a malformed frame'],
      ['that sends no JSON', '5#{"a":', 'JSON'],
      ['that sends a list', '2#[]', 'a malformed'],
      ['that sends a deeply nested list', `1000#${'['.repeat(1000)}`, 'JSON'],
      ['that sends an empty frame', '0#', 'an empty frame'],
      ['that announces 1 GB', '1000000000#{', 'above the limit'],
      ['that announces 2 KB', '2048#{', 'above the limit'],
      ['that sends a hello without a proof', framed({ hello: { nonce: 'x' } }), 'a wrong credential'],
      ['that sends a number as proof', framed({ hello: { nonce: 'x', proof: 7 } }), 'a wrong credential'],
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
      await expect.poll(() => callee.events.join()).toContain(reason);
      expect(await total()).toBe(0);
    });

    it('with the wrong secret is disconnected', async () => {
      const { closed, text } = await peerAfterHello('another secret than theirs');
      await closed;
      expect(text()).not.toContain('accept');
      const caller = await openCaller([callee.address], {
        credential: { secret: 'another secret than theirs' },
      });
      await expect(caller.client.add({ amount: 1 })).rejects.toMatchObject({ code: 'unavailable' });
      await caller.close();
      expect(await total()).toBe(0);
    });

    it('of another deployment is refused by both sides, with the reason, although its secret is right', async () => {
      const mine = await open({ deployment: 'production' });
      const reasons = new Watcher();
      const caller = await openCaller([mine.address], {
        credential: { secret: SECRET, deployment: 'staging' },
        observer: reasons,
      });
      await expect(caller.client.total()).rejects.toMatchObject({ code: 'unavailable' });
      expect(reasons.events.join()).toContain("belongs to deployment 'production', this host to 'staging'");
      await expect
        .poll(() => mine.events.join())
        .toContain("belongs to deployment 'staging', this host to 'production'");
      await caller.close();
      // A host of an earlier release names none.
      const former = await openCaller([mine.address]);
      expect(await former.client.total()).toBe(0);
      await former.close();
      await mine.close();
    });

    it('cannot replay the proof of another connection', async () => {
      const first = await authenticatedPeer();
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
      await expect.poll(() => callee.events).toContain('refused no credential in time');
    });
  });

  describe(`${name}: a peer with the credential`, () => {
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
      const peer = await authenticatedPeer();
      peer.socket.write(sent);
      await peer.closed;
      await expect.poll(() => callee.events.join()).toContain(reason);
      expect(await total()).toBe(0);
    });

    it('that never ends a message is disconnected', async () => {
      const peer = await authenticatedPeer();
      peer.socket.write('1000000#{');
      const dripping = setInterval(() => peer.socket.write(' '), 20);
      await peer.closed;
      clearInterval(dripping);
      await expect.poll(() => callee.events).toContain('refused a message that does not end');
    });

    it('that sends a wrong input gets the field in the error', async () => {
      const peer = await authenticatedPeer();
      peer.socket.write(framed({ ...call, data: { amount: 'x', principal: { id: '1' } } }));
      await expect.poll(peer.text).toContain('"code":"invalid-input"');
      expect(peer.text()).toContain('probe.add input.amount');
      peer.socket.destroy();
    });

    it('cannot set the principal in the payload', async () => {
      const peer = await authenticatedPeer();
      peer.socket.write(framed({ ...call, pattern: 'probe.context', principal: '1', data: undefined }));
      await expect.poll(peer.text).toContain('"response":{"requestId":"x"');
      expect(peer.text().split('"response"')[1]).not.toContain('principal');
      peer.socket.destroy();
    });

    it.each(['constructor', '__init__'])('that calls %s is answered incompatible', async (pattern) => {
      const peer = await authenticatedPeer();
      peer.socket.write(framed({ ...call, pattern }));
      await expect.poll(peer.text).toContain('"code":"incompatible"');
      expect(peer.text()).toContain('"refused":true');
      peer.socket.destroy();
    });
  });

  describe(`${name}: ten thousand unauthenticated connections`, () => {
    it('that stay silent keep no other client out and cost no memory', { timeout: 240_000 }, async () => {
      const alone = await openAlone({ handshakeTimeout: 1000 });
      const caller = await openCaller([alone.address]);
      await caller.client.nothing();
      const before = await alone.residentMiB();
      let failures = 0;
      for (let batch = 0; batch < 40; batch++) {
        const silent = await Promise.all(Array.from({ length: 250 }, () => rawPeer(alone.address)));
        // An authenticated caller between them.
        const other = await openCaller([alone.address]);
        await other.client.nothing().catch(() => (failures += 1));
        await other.close();
        // Left open: the server has to end them.
        for (const { socket } of silent) socket.unref();
      }
      expect(failures).toBe(0);
      await caller.client.nothing();
      expect((await alone.residentMiB()) - before).toBeLessThan(80);
      await caller.close();
      await alone.close();
    });
  });
}
