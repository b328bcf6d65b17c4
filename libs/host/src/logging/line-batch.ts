import type { DestinationStream } from 'pino';

const MAX_BATCH_LENGTH = 65_536;
const FLUSH_INTERVAL_MS = 100;

/**
 * Writes lines in batches, every 100 ms or 64 KiB. One write for each line would cost more than the rest of a small
 * request.
 */
export class LineBatch implements DestinationStream {
  #lines = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly destination: DestinationStream) {}

  write(line: string): void {
    this.#lines += line;
    if (this.#lines.length > MAX_BATCH_LENGTH) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), FLUSH_INTERVAL_MS).unref();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#lines === '') return;
    const lines = this.#lines;
    this.#lines = '';
    this.destination.write(lines);
  }
}
