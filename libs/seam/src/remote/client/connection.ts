import type { Socket } from 'node:net';
import { ClientTCP, type TcpSocket } from '@nestjs/microservices';
import { SeamError } from '../../call/errors.js';
import { type Credential, isProof, nonce, otherDeployment, proof } from '../credential.js';
import { FrameSocket, FrameTooLarge } from '../frame-socket.js';
import type { Accept, ReplyFrame, ServerFrame } from '../frames.js';
import type { RemoteCall, Wait } from './remote-call.js';
import { TransportError } from './retry.js';

/** Learns what happens to a connection. */
export interface ConnectionOwner {
  /** The peer's process ends. It still serves calls for a while, and waits for the connection to be closed. */
  goingAway(connection: Connection): void;
  /** The connection takes no more calls. */
  lost(connection: Connection): void;
}

/** What a connection needs to know of its address. */
export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  /** Name that was resolved to the address; the server's certificate must carry it. */
  readonly servername: string;
  readonly credential: Credential;
  readonly connectTimeout: number;
  readonly maxMessageBytes: number;
}

/** Silent heartbeats that a connection survives. */
const MAX_SILENCE = 4;
/**
 * Intervals that make up the connect timeout. A blocked event loop of this process costs one of them at most, so that it does
 * not count as silence of the peer, whose messages it has not read yet.
 */
const CONNECT_TICKS = 4;
const DONE = Promise.resolve();

/** One connection to one address: a Nest TCP client that knows its peer, and waits for many replies at once. */
export class Connection extends ClientTCP {
  /** What the peer answers; known once it is open. */
  accept: Accept | undefined;
  /** Takes no more calls. */
  isLeaving = false;
  /** Whether a reply has ever arrived here. */
  hasAnswered = false;
  /** Whether the peer has said that its process ends. */
  isGoingAway = false;
  readonly #waiting = new Map<number, PendingReply>();
  readonly #nonce = nonce();
  #challenge = '';
  #frames: FrameSocket | undefined;
  #lastId = 0;
  #bytesSeen = 0;
  #silence = 0;
  #opening = Promise.withResolvers<void>();

  constructor(
    private readonly options: ConnectionOptions,
    private readonly owner: ConnectionOwner,
  ) {
    const { host, port, servername, credential } = options;
    super({
      host,
      port,
      socketClass: framesUpTo(options.maxMessageBytes),
      ...(credential.tls && { tlsOptions: { servername, ...credential.tls } }),
    });
  }

  /** Calls that wait for a reply here. */
  get pending(): number {
    return this.#waiting.size;
  }

  /** @throws TransportError when there is no peer, or none that has the credential, in time */
  async open(): Promise<void> {
    const { promise, reject } = this.#opening;
    let ticks = 0;
    const timer = setInterval(() => {
      if (++ticks === CONNECT_TICKS) this.fail('did not answer in time');
    }, this.options.connectTimeout / CONNECT_TICKS);
    this.connect().catch((error: unknown) => reject(new TransportError(messageOf(error), false)));
    try {
      await promise;
    } finally {
      clearInterval(timer);
    }
  }

  /** Whether the peer has sent nothing between the last two heartbeats. */
  get isSilent(): boolean {
    return this.#silence > 0;
  }

  /** Sends a call and waits for its reply. */
  ask(call: RemoteCall): Promise<ReplyFrame> {
    return new Promise((resolve, reject) => {
      if (this.isLeaving) {
        reject(new TransportError('is going away', false));
        return;
      }
      const id = (this.#lastId += 1);
      try {
        this.#frames!.send(call.frame(id), this.options.maxMessageBytes);
      } catch (error) {
        const code = error instanceof FrameTooLarge ? 'invalid-input' : 'internal';
        reject(new SeamError(code, { message: messageOf(error), cause: error }));
        return;
      }
      const waiting = new PendingReply(this, id, resolve, reject);
      call.wait = waiting;
      this.#waiting.set(id, waiting);
    });
  }

  /** Drops the wait for a reply. @returns false when the reply has already arrived */
  forget(id: number): boolean {
    if (!this.#waiting.delete(id)) return false;
    this.#frames!.send(`{"cancel":${id}}`);
    this.#hangUpWhenIdle();
    return true;
  }

  /** Takes no more calls, and closes once it waits for no reply. */
  leave(): void {
    this.isLeaving = true;
    this.#hangUpWhenIdle();
  }

  /** Closes at once; calls that wait here fail. */
  fail(message: string): void {
    this.socket?.netSocket.destroy();
    this.#gone(new TransportError(message, true));
  }

  /**
   * Asks a peer that owes a reply and is silent for a sign of life.
   * @returns false when it has given none for too long
   */
  heartbeat(): boolean {
    const { bytesRead, bytesWritten, writableLength } = this.unwrap<Socket>();
    // A large message on its way out is a sign of life too, and holds up the ping behind it.
    const bytes = writableLength > 0 ? bytesRead + bytesWritten - writableLength : bytesRead;
    this.#silence = bytes === this.#bytesSeen && this.pending > 0 ? this.#silence + 1 : 0;
    this.#bytesSeen = bytes;
    if (this.#silence > 0) this.#frames!.send('{"ping":1}');
    return this.#silence <= MAX_SILENCE;
  }

  override createSocket(): TcpSocket {
    return (this.#frames = super.createSocket() as FrameSocket);
  }

  override handleResponse(frame: unknown): Promise<void> {
    this.#receive(frame as ServerFrame);
    return DONE;
  }

  /** A closed connection is not reused, so there is no state of the base class to reset. */
  override handleClose(): void {
    this.#gone(new TransportError('the connection was closed', true, false));
  }

  override registerErrorListener(socket: TcpSocket): void {
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const isLost = error.code === 'ECONNRESET' || error.code === 'EPIPE';
      this.#gone(new TransportError(messageOf(error), true, !isLost));
    });
  }

  #receive(frame: ServerFrame): void {
    if (frame.id !== undefined) {
      const waiting = this.#waiting.get(frame.id);
      if (!waiting) return;
      this.hasAnswered = true;
      this.#waiting.delete(frame.id);
      waiting.resolve(frame as ReplyFrame);
      if (this.isLeaving) this.#hangUpWhenIdle();
    } else if (frame.challenge !== undefined) this.#sendHello(frame.challenge);
    else if (frame.accept !== undefined) this.#verifyAccept(frame.accept);
    else if (frame.goAway) {
      this.isGoingAway = true;
      this.owner.goingAway(this);
    }
  }

  #sendHello(challenge: string): void {
    this.#challenge = challenge;
    const hello = {
      nonce: this.#nonce,
      proof: proof(this.options.credential, 'client', challenge, this.#nonce),
      deployment: this.options.credential.deployment,
    };
    this.#frames!.send(JSON.stringify({ hello }));
  }

  #verifyAccept(accept: Accept): void {
    const expected = proof(this.options.credential, 'server', this.#challenge, this.#nonce);
    if (this.#challenge === '' || !isProof(accept.proof, expected))
      return this.fail('does not have the credential');
    const other = otherDeployment(this.options.credential, accept.deployment);
    if (other !== undefined) return this.fail(other);
    this.accept = accept;
    this.#opening.resolve();
  }

  #gone(error: TransportError): void {
    if (!this.isLeaving) {
      this.isLeaving = true;
      this.owner.lost(this);
    }
    this.#opening.reject(new TransportError(error.message, false, error.isEndpointDown));
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(error);
  }

  #hangUpWhenIdle(): void {
    if (this.isLeaving && this.#waiting.size === 0) this.socket?.end();
  }
}

/** A reply that is awaited on a connection. */
class PendingReply implements Wait {
  constructor(
    private readonly connection: Connection,
    private readonly id: number,
    readonly resolve: (reply: ReplyFrame) => void,
    readonly reject: (error: Error) => void,
  ) {}

  abandon(reason: SeamError): void {
    if (this.connection.forget(this.id)) this.reject(reason);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Nest makes the socket itself, of a class that it is given. */
function framesUpTo(bytes: number) {
  return class extends FrameSocket {
    constructor(socket: Socket) {
      super(socket, bytes);
    }
  };
}
