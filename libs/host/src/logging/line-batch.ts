import type { DestinationStream } from 'pino';

const LONGEST = 65_536;
const FLUSH_AFTER_MS = 100;

/**
 * Gathers lines and passes them on together, every 100 ms or 64 KiB: a write of its own for each line costs more than
 * everything else that is done for a request.
 */
export class LineBatch implements DestinationStream {
  #lines = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly destination: DestinationStream) {}

  write(line: string): void {
    this.#lines += line;
    if (this.#lines.length > LONGEST) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), FLUSH_AFTER_MS).unref();
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
