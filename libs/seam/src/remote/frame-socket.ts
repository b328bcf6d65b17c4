import type { Socket } from 'node:net';
import { TcpSocket } from '@nestjs/microservices';

const HASH = 0x23;
const ZERO = 0x30;

/** A message that is larger than the limit; nothing of it was sent. */
export class FrameTooLarge extends Error {}

/**
 * Frames `<bytes>#<json>` on a socket. A length is checked before anything of its frame is kept, so what a peer
 * can make this process hold is the limit, and no more.
 */
export class FrameSocket extends TcpSocket {
  #length = 0;
  #frame: Buffer | undefined;
  #filled = 0;
  #frameStarted = 0;
  #outgoing = '';

  constructor(
    socket: Socket,
    /** Bytes that an incoming frame may have. */
    public limit: number,
  ) {
    super(socket);
    socket.setNoDelay(true);
  }

  /**
   * Sends JSON text. What is sent within one turn of the event loop leaves in one write, which is most of the
   * cost of a small frame.
   * @throws FrameTooLarge when it has more than `max` bytes
   */
  send(json: string, max = Infinity): void {
    const bytes = Buffer.byteLength(json);
    if (bytes > max) throw new FrameTooLarge(`a message of ${bytes} bytes; the limit is ${max}`);
    if (this.#outgoing === '') process.nextTick(flush, this);
    this.#outgoing += `${bytes}#${json}`;
  }

  /** Whether a frame began before `moment` (`performance.now()`) and is not complete. */
  isStuckSince(moment: number): boolean {
    return this.#frame !== undefined && this.#frameStarted < moment;
  }

  flush(): void {
    const outgoing = this.#outgoing;
    this.#outgoing = '';
    if (this.socket.writable) this.socket.write(outgoing, 'utf8');
  }

  protected handleSend(message: unknown): void {
    this.send(JSON.stringify(message));
  }

  protected handleData(data: Buffer | string): void {
    const chunk = typeof data === 'string' ? Buffer.from(data) : data;
    let at = 0;
    try {
      while (at < chunk.length && !this.socket.destroyed)
        at = this.#frame ? this.#fill(this.#frame, chunk, at) : this.#readLength(chunk, at);
    } catch (error) {
      // A peer that broke the framing cannot be understood any more, nor trusted to take a farewell, which Nest would send.
      this.socket.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #readLength(chunk: Buffer, start: number): number {
    for (let at = start; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (byte === HASH) return this.#begin(chunk, at + 1);
      const digit = byte - ZERO;
      if (digit < 0 || digit > 9) throw new Error('a malformed frame');
      this.#length = this.#length * 10 + digit;
      if (this.#length > this.limit) throw new Error(`a frame above the limit of ${this.limit} bytes`);
    }
    return chunk.length;
  }

  #begin(chunk: Buffer, at: number): number {
    const length = this.#length;
    this.#length = 0;
    if (length === 0) throw new Error('an empty frame');
    if (chunk.length - at >= length) {
      this.emitMessage(chunk.toString('utf8', at, at + length));
      return at + length;
    }
    // One buffer for the whole frame: a list of chunks would let a peer that sends byte by byte multiply its size.
    this.#frame = Buffer.allocUnsafeSlow(length);
    this.#filled = 0;
    this.#frameStarted = performance.now();
    return at;
  }

  #fill(frame: Buffer, chunk: Buffer, at: number): number {
    const copied = chunk.copy(frame, this.#filled, at);
    this.#filled += copied;
    if (this.#filled === frame.length) {
      this.#frame = undefined;
      this.emitMessage(frame.toString('utf8'));
    }
    return at + copied;
  }
}

function flush(frames: FrameSocket): void {
  frames.flush();
}
