import { Readable } from 'node:stream';
import { retryText } from './server-sent.js';

/** What waits in this process for a client that reads slowly; the rest waits in the database. */
const BUFFER_BYTES = 65_536;
const RETRY_MS = 2_000;

/** One open stream: what its client has been told, and what waits for it. */
export class EventStream extends Readable {
  /** The number of the last change that the client knows; `undefined` before it has been told where it begins. */
  told: number | undefined;
  /** The count that it knows. */
  unread: number | undefined;
  #fullSince: number | undefined;
  #hasEnded = false;

  /**
   * @param since what the client knows from an earlier stream
   * @param onRoom called when a client that was slow has read on
   */
  constructor(
    readonly userId: number,
    readonly since: number | undefined,
    private readonly onRoom: () => void,
  ) {
    super({ highWaterMark: BUFFER_BYTES });
    this.tell(retryText(RETRY_MS));
  }

  get isFull(): boolean {
    return this.readableLength >= BUFFER_BYTES;
  }

  /** Milliseconds for which nothing has been read although the buffer is full. */
  get stuckFor(): number {
    return this.#fullSince === undefined ? 0 : performance.now() - this.#fullSince;
  }

  /** Callers look at `isFull` first, so that the buffer stays bounded. */
  tell(text: string): void {
    if (this.#hasEnded || this.destroyed) return;
    this.push(text);
    if (this.isFull) this.#fullSince ??= performance.now();
  }

  /** Ends the stream. Its client may connect again, at a time that differs from the others'. */
  end(): void {
    if (this.#hasEnded || this.destroyed) return;
    this.#hasEnded = true;
    this.push(retryText(500 + Math.random() * 4_500));
    this.push(null);
  }

  override _read(): void {
    if (this.#fullSince === undefined) return;
    this.#fullSince = undefined;
    this.onRoom();
  }
}
