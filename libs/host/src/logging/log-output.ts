import { write, writeSync } from 'node:fs';
import type { DestinationStream } from 'pino';

/** Characters that may wait; further lines are dropped. */
const MAX_QUEUED = 1_048_576;
const RETRY_INTERVAL_MS = 100;
const EXIT_TIMEOUT_MS = 300;
const EXIT_RETRY_INTERVAL_MS = 10;
const STDOUT = 1;

/**
 * Writes lines to standard output without ever waiting for it, throwing or ending the process. Lines that a full disk, a closed
 * pipe or a reader that does not read leave no room for are dropped and counted. sonic-boom, pino's own destination, reports a full disk
 * as an uncaught exception, and repeats the write for ever when it is flushed.
 */
export class LogOutput implements DestinationStream {
  #queue = '';
  /** What is being written, or waits to be written again. */
  #chunk = Buffer.alloc(0);
  #isWriting = false;
  #retry: NodeJS.Timeout | undefined;
  #lost = 0;
  #reported = 0;

  /** @param onRecovery is called with the number of lost lines once lines are written again */
  constructor(private readonly onRecovery: (lost: number) => void) {
    // Node.js makes a pipe or a socket non-blocking when it opens its stream; a blocked write would prevent the exit.
    // Errors of the streams, to which other code may write, would be uncaught exceptions.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
    process.on('exit', () => this.flush());
  }

  /** The number of lines lost so far. */
  get lost(): number {
    return this.#lost;
  }

  /** @param lines whole lines, each with its line break */
  write(lines: string): void {
    if (this.#queue.length + lines.length > MAX_QUEUED) {
      this.#lost += lines.split('\n').length - 1;
      return;
    }
    this.#queue += lines;
    if (!this.#isWriting && this.#retry === undefined) this.#next();
  }

  /** Writes the rest, before the process exits, for at most 300 ms. A chunk that is being written is not written again. */
  flush(): void {
    clearTimeout(this.#retry);
    const waiting = this.#isWriting ? '' : this.#chunk;
    let rest = Buffer.concat([Buffer.from(waiting), Buffer.from(this.#queue)]);
    this.#chunk = Buffer.alloc(0);
    this.#queue = '';
    const end = performance.now() + EXIT_TIMEOUT_MS;
    while (rest.length > 0 && performance.now() < end) {
      try {
        rest = rest.subarray(writeSync(STDOUT, rest));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, EXIT_RETRY_INTERVAL_MS);
      }
    }
  }

  #next(): void {
    this.#chunk = Buffer.from(this.#queue);
    this.#queue = '';
    this.#writeChunk();
  }

  #writeChunk(): void {
    this.#isWriting = true;
    this.#retry = undefined;
    write(STDOUT, this.#chunk, (error, written) => {
      this.#isWriting = false;
      if (error) {
        this.#retry = setTimeout(() => this.#writeChunk(), RETRY_INTERVAL_MS).unref();
        return;
      }
      this.#chunk = this.#chunk.subarray(written);
      if (this.#chunk.length > 0) return this.#writeChunk();
      this.#reportLoss();
      if (this.#queue !== '' && !this.#isWriting) this.#next();
    });
  }

  #reportLoss(): void {
    const lost = this.#lost - this.#reported;
    if (lost === 0) return;
    this.#reported = this.#lost;
    this.onRecovery(lost);
  }
}
