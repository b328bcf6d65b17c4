import { HighResolutionTimer, now } from '../../kit/high-resolution-timer.js';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

interface Chunk {
  readonly due: number;
  /** Undefined at the end of what one side sends. */
  readonly bytes: Buffer | undefined;
  readonly to: Socket;
}

/** What all proxies of a deployment share: how long they hold back what passes, and how much that is. */
export class EmulatedNetwork {
  /** Bytes that have passed, both ways. */
  bytes = 0;
  #delay = 0;
  readonly #queue: Chunk[] = [];
  readonly #alarm = new HighResolutionTimer(() => this.#deliver());

  /** Milliseconds that are added to the way there and back together. */
  set roundTrip(milliseconds: number) {
    this.#delay = milliseconds / 2;
  }

  pass(bytes: Buffer | undefined, to: Socket): void {
    this.bytes += bytes?.length ?? 0;
    if (this.#delay === 0 && this.#queue.length === 0) return hand(bytes, to);
    this.#queue.push({ due: now() + this.#delay, bytes, to });
    if (this.#queue.length === 1) this.#alarm.set(this.#queue[0]!.due);
  }

  close(): Promise<void> {
    return this.#alarm.close();
  }

  #deliver(): void {
    while (this.#queue.length > 0 && this.#queue[0]!.due <= now()) {
      const { bytes, to } = this.#queue.shift()!;
      hand(bytes, to);
    }
    if (this.#queue.length > 0) this.#alarm.set(this.#queue[0]!.due);
  }
}

function hand(bytes: Buffer | undefined, to: Socket): void {
  if (bytes) to.write(bytes);
  else to.end();
}

/** Stands in front of one TCP port. */
export class DelayProxy {
  readonly #server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#join(socket));
  readonly #sockets = new Set<Socket>();

  constructor(
    private readonly wire: EmulatedNetwork,
    private readonly target: number,
  ) {}

  /** @returns the port to call instead */
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

  #join(caller: Socket): void {
    const callee = connect({ port: this.target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    for (const [from, to] of [
      [caller, callee],
      [callee, caller],
    ] as const) {
      this.#sockets.add(from);
      from.on('data', (bytes: Buffer) => this.wire.pass(bytes, to));
      from.on('end', () => this.wire.pass(undefined, to));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        if (from.destroyed && !from.readableEnded) to.destroy();
      });
    }
  }
}
