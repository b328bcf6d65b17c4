import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { HighResolutionTimer, now } from '../../kit/high-resolution-timer.js';

interface Chunk {
  readonly due: number;
  /** Undefined at the end of the stream. */
  readonly bytes: Buffer | undefined;
  readonly to: Socket;
}

/** The delay of a network, and the bytes that have passed. Threads can share it. */
export class NetworkState {
  readonly #values: Float64Array;

  constructor(shared = new SharedArrayBuffer(16)) {
    this.#values = new Float64Array(shared);
  }

  /** Milliseconds added to a round trip. */
  get roundTrip(): number {
    return this.#values[0]!;
  }

  set roundTrip(milliseconds: number) {
    this.#values[0] = milliseconds;
  }

  /** Bytes so far, both ways. */
  get bytes(): number {
    return this.#values[1]!;
  }

  set bytes(count: number) {
    this.#values[1] = count;
  }
}

/** The network that the proxies of a deployment share. */
export class EmulatedNetwork extends NetworkState {
  readonly #queue: Chunk[] = [];
  readonly #timer = new HighResolutionTimer(() => this.#deliverDue());

  transmit(bytes: Buffer | undefined, to: Socket): void {
    this.bytes += bytes?.length ?? 0;
    const delay = this.roundTrip / 2;
    if (delay === 0 && this.#queue.length === 0) return deliver(bytes, to);
    this.#queue.push({ due: now() + delay, bytes, to });
    if (this.#queue.length === 1) this.#timer.schedule(this.#queue[0]!.due);
  }

  close(): Promise<void> {
    return this.#timer.close();
  }

  #deliverDue(): void {
    while (this.#queue.length > 0 && this.#queue[0]!.due <= now()) {
      const { bytes, to } = this.#queue.shift()!;
      deliver(bytes, to);
    }
    if (this.#queue.length > 0) this.#timer.schedule(this.#queue[0]!.due);
  }
}

function deliver(bytes: Buffer | undefined, to: Socket): void {
  if (bytes) to.write(bytes);
  else to.end();
}

/** A TCP proxy in front of one port. */
export class DelayProxy {
  readonly #server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#connect(socket));
  readonly #sockets = new Set<Socket>();

  constructor(
    private readonly network: EmulatedNetwork,
    private readonly port: number,
  ) {}

  /** @returns the port of the proxy */
  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = once(this.#server.close(), 'close');
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #connect(caller: Socket): void {
    const callee = connect({ port: this.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    for (const [from, to] of [
      [caller, callee],
      [callee, caller],
    ] as const) {
      this.#sockets.add(from);
      from.on('data', (bytes: Buffer) => this.network.transmit(bytes, to));
      from.on('end', () => this.network.transmit(undefined, to));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        if (from.destroyed && !from.readableEnded) to.destroy();
      });
    }
  }
}
