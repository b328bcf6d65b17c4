import { Readable } from 'node:stream';

/** Buffered for a slow client in this process; the rest waits in the database. */
const BUFFER_BYTES = 65_536;
const RETRY_MS = 2_000;

/** Formats a server-sent event. JSON has no line breaks, so its data is one line. */
export function eventText(event: string, data: unknown, id?: number): string {
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}

/** A comment line, which keeps the connection alive. */
export const HEARTBEAT = ':\n\n';

/** Tells the client how long to wait before it reconnects. */
const retryText = (milliseconds: number): string => `retry: ${Math.round(milliseconds)}\n\n`;

/** One open stream of a user, with its position and its bounded buffer. */
export class EventStream extends Readable {
  /** The sequence number of the last change sent; undefined before the first event. */
  lastSent: number | undefined;
  /** The last unread count sent. */
  unread: number | undefined;
  #fullSince: number | undefined;
  #hasEnded = false;

  /**
   * @param since the last sequence number that the client received on an earlier stream
   * @param onDrain called when a slow client has read its buffer
   */
  constructor(
    readonly userId: number,
    readonly since: number | undefined,
    private readonly onDrain: () => void,
  ) {
    super({ highWaterMark: BUFFER_BYTES });
    this.send(retryText(RETRY_MS));
  }

  get isFull(): boolean {
    return this.readableLength >= BUFFER_BYTES;
  }

  /** Milliseconds since the buffer became full without being read. */
  get stalledForMs(): number {
    return this.#fullSince === undefined ? 0 : performance.now() - this.#fullSince;
  }

  /** Buffers a text. Callers check `isFull` first, so that the buffer stays bounded. */
  send(text: string): void {
    if (this.#hasEnded || this.destroyed) return;
    this.push(text);
    if (this.isFull) this.#fullSince ??= performance.now();
  }

  /** Ends the stream, with a random reconnection delay to spread the clients. */
  end(): void {
    if (this.#hasEnded || this.destroyed) return;
    this.#hasEnded = true;
    this.push(retryText(500 + Math.random() * 4_500));
    this.push(null);
  }

  override _read(): void {
    if (this.#fullSince === undefined) return;
    this.#fullSince = undefined;
    this.onDrain();
  }
}
