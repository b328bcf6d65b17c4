import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import { ServerTCP } from '@nestjs/microservices';
import { Semaphore } from '../../semaphore.js';
import { SeamError } from '../../call/errors.js';
import type { SeamRuntime } from '../../call/placed-method.js';
import { type ContractDescription, describeContract } from '../../contract/description.js';
import { checkCredential, isProof, otherDeployment, proof } from '../credential.js';
import { FrameSocket } from '../frame-socket.js';
import type { ClientFrame, RequestFrame } from '../frames.js';
import { PendingHandshakes } from './pending-handshakes.js';
import { Peer } from './peer.js';
import { type SeamServerOptions, type ServerSettings, withDefaults } from './seam-server-options.js';
import { type Exposed, ServedCall, ServedMethod } from './served-call.js';

/** Maximal bytes of a frame of an unauthenticated peer; its hello is much shorter. */
const MAX_HELLO_BYTES = 1024;
const SWEEP_INTERVAL_MS = 1000;
/** Messages of full size that may wait for a peer that does not read its replies. */
const MAX_UNSENT_MESSAGES = 4;

/**
 * A Nest transport strategy that answers calls of the contracts given, and of nothing else: message handlers of
 * the application's controllers are not reachable through it.
 */
export class SeamServer extends ServerTCP {
  readonly #settings: ServerSettings;
  readonly #contracts: readonly ContractDescription[];
  readonly #methods = new Map<string, ServedMethod>();
  readonly #peers = new Set<Peer>();
  readonly #handshakes: PendingHandshakes;
  readonly #semaphore: Semaphore;
  readonly #sweeping: NodeJS.Timeout;
  #draining: Promise<void> | undefined;
  #refusing = false;
  #onEmpty: (() => void) | undefined;

  constructor(
    options: SeamServerOptions,
    exposed: readonly Exposed[],
    private readonly runtime: SeamRuntime,
  ) {
    const settings = withDefaults(options);
    const { tls } = checkCredential(settings.credential);
    const { port, host, handshakeTimeout } = settings;
    const mutual = tls && { ...tls, requestCert: true, rejectUnauthorized: true, handshakeTimeout };
    super({ port, host, ...(mutual && { tlsOptions: mutual }) });
    this.#settings = settings;
    this.#contracts = exposed.map(({ contract }) => describeContract(contract));
    for (const { contract, implementations } of exposed)
      for (const [key, implementation] of Object.entries(implementations)) {
        const method = new ServedMethod(runtime, contract, key, implementation);
        this.#methods.set(method.path, method);
      }
    this.#handshakes = new PendingHandshakes(
      settings.maxPendingHandshakes,
      handshakeTimeout,
      this.#reportRejection,
    );
    this.#semaphore = new Semaphore(settings.concurrency, settings.maxQueued);
    this.#sweeping = setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS).unref();
    // Before the TLS handshake, so that the timeout and the limit cover that handshake as well.
    this.server.on('connection', (socket: Socket) => this.#handshakes.add(socket));
    this.server.on('tlsClientError', (error: Error, socket: Socket) => {
      socket.destroy();
      this.#reportRejection('', error.message);
    });
  }

  /** Where it listens; the port is the real one even when 0 was asked for. */
  get address(): AddressInfo {
    return this.unwrap<NetServer>().address() as AddressInfo;
  }

  override bindHandler(socket: Socket): void {
    if (this.#draining) return void socket.destroy();
    const peer = new Peer(this.getSocketInstance(socket));
    this.#peers.add(peer);
    socket.on('message', (frame: ClientFrame) => this.#receive(peer, frame));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // A known peer whose connection breaks has done nothing wrong.
      if (!peer.isAuthenticated || error.code === undefined) this.#reportRejection(peer.name, error.message);
    });
    socket.on('close', () => this.#left(peer));
    peer.send({ challenge: peer.challenge });
  }

  protected override getSocketInstance(socket: Socket): FrameSocket {
    return new FrameSocket(socket, MAX_HELLO_BYTES);
  }

  /**
   * Stops listening, asks every peer to go elsewhere, and serves what they still ask until all have hung up.
   * To be called before `app.close()`, which destroys connections.
   * @param timeout milliseconds; in its second half new calls are refused, at its end connections are closed
   */
  drain(timeout = this.#settings.drainTimeout): Promise<void> {
    return (this.#draining ??= this.#drain(timeout));
  }

  // oxlint-disable-next-line typescript/no-misused-promises -- Nest awaits it, whatever its base class says
  override async close(): Promise<void> {
    await this.drain();
    clearInterval(this.#sweeping);
    // Nest 11 destroys open sockets from 11.2.5 on only.
    for (const peer of this.#peers) peer.frames.netSocket.destroy();
    super.close();
  }

  async #drain(timeout: number): Promise<void> {
    this.isManuallyTerminated = true;
    this.server.close();
    this.#handshakes.close();
    if (this.#peers.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onEmpty = resolve;
    for (const peer of this.#peers) peer.send({ goAway: true });
    const refuse = setTimeout(() => (this.#refusing = true), timeout / 2);
    const late = setTimeout(resolve, timeout);
    await promise;
    clearTimeout(refuse);
    clearTimeout(late);
    for (const peer of this.#peers) peer.frames.end();
  }

  #left(peer: Peer): void {
    this.#peers.delete(peer);
    for (const call of peer.calls.values()) call.abandon();
    if (this.#peers.size === 0) this.#onEmpty?.();
  }

  #receive(peer: Peer, frame: ClientFrame): void {
    if (!peer.isAuthenticated) return this.#authenticate(peer, frame);
    if (frame.pattern !== undefined) return this.#serve(peer, frame as RequestFrame);
    if (frame.cancel !== undefined) return peer.calls.get(frame.cancel)?.abandon();
    if (frame.ping !== undefined) return peer.send({ pong: frame.ping });
    this.#disconnect(peer, 'a malformed frame');
  }

  #authenticate(peer: Peer, { hello }: ClientFrame): void {
    const { credential, maxMessageBytes } = this.#settings;
    const answer = hello?.nonce;
    if (typeof answer !== 'string') return this.#disconnect(peer, 'a malformed hello');
    if (!isProof(hello?.proof, proof(credential, 'client', peer.challenge, answer)))
      return this.#disconnect(peer, 'a wrong credential');
    const other = otherDeployment(credential, hello?.deployment);
    const accept = {
      proof: proof(credential, 'server', peer.challenge, answer),
      contracts: this.#contracts,
      honoursKeys: this.runtime.idempotency !== undefined,
      deployment: credential.deployment,
    };
    if (other !== undefined) {
      // With its own deployment, so that the peer can report the reason.
      peer.send({ accept: { ...accept, contracts: [] } });
      peer.frames.flush();
      peer.frames.end();
      return this.#reportRejection(peer.name, other);
    }
    peer.isAuthenticated = true;
    peer.frames.limit = maxMessageBytes;
    this.#handshakes.remove(peer.frames.netSocket);
    peer.send({ accept });
  }

  #serve(peer: Peer, frame: RequestFrame): void {
    if (!isRequest(frame)) return this.#disconnect(peer, 'a malformed call');
    const served = this.#methods.get(frame.pattern);
    if (!served) {
      const message = `${frame.pattern}: the callee has no such method`;
      return peer.send({
        id: frame.id,
        err: { code: 'incompatible', message, retryable: false },
        refused: true,
      });
    }
    const call = new ServedCall(served, peer, frame, this.#settings.maxMessageBytes, this.#semaphore);
    if (this.#refusing) call.refuse(new SeamError('unavailable', { message: 'draining' }));
    else if (!this.#semaphore.enter(call)) call.refuse(new SeamError('unavailable', { message: 'too busy' }));
  }

  readonly #reportRejection = (peer: string, reason: string) =>
    this.runtime.observer.connectionRejected?.(peer, reason);

  #disconnect(peer: Peer, reason: string): void {
    peer.frames.netSocket.destroy();
    this.#reportRejection(peer.name, reason);
  }

  /** Ends peers that never finish a message, or never read a reply. */
  #sweep(): void {
    const { messageTimeout, maxMessageBytes } = this.#settings;
    const stuck = performance.now() - messageTimeout;
    for (const peer of this.#peers) {
      if (peer.frames.isStuckSince(stuck)) this.#disconnect(peer, 'a message that does not end');
      else if (peer.frames.netSocket.writableLength > MAX_UNSENT_MESSAGES * maxMessageBytes)
        this.#disconnect(peer, 'replies that are not read');
    }
  }
}

function isRequest({ id, pattern, metadata }: RequestFrame): boolean {
  return (
    typeof id === 'number' &&
    typeof pattern === 'string' &&
    typeof metadata?.requestId === 'string' &&
    metadata.left >= 0
  );
}
