import type { Socket } from 'node:net';

const SWEEP_INTERVAL_MS = 100;

/**
 * Connections that have not authenticated yet. Their number and their time are limited; when the limit is reached, the
 * oldest is closed, since a peer with the credential finishes within milliseconds.
 */
export class PendingHandshakes {
  /** In the order of arrival. */
  readonly #waiting = new Map<string, { socket: Socket; since: number }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly room: number,
    private readonly timeout: number,
    private readonly refused: (peer: string, reason: string) => void,
  ) {}

  add(socket: Socket): void {
    if (this.#waiting.size >= this.room) this.#removeOldest('too many connections without a credential');
    const peer = nameOf(socket);
    this.#waiting.set(peer, { socket, since: performance.now() });
    socket.on('close', () => this.#waiting.delete(peer));
    this.#timer ??= setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS).unref();
  }

  /** @param socket the one passed to `add`, or the TLS socket over it */
  remove(socket: Socket): void {
    this.#waiting.delete(nameOf(socket));
  }

  /** Closes all pending connections. */
  close(): void {
    for (const { socket } of this.#waiting.values()) socket.destroy();
    this.#waiting.clear();
    this.#rest();
  }

  #removeOldest(reason: string): void {
    const [oldest] = this.#waiting;
    if (!oldest) return;
    const [peer, { socket }] = oldest;
    this.#waiting.delete(peer);
    socket.destroy();
    this.refused(peer, reason);
  }

  #sweep(): void {
    const now = performance.now();
    for (const { since } of this.#waiting.values()) {
      if (now - since < this.timeout) break;
      this.#removeOldest('no credential in time');
    }
    if (this.#waiting.size === 0) this.#rest();
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** TLS hides the socket under it, but both have the same peer. */
export function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}
