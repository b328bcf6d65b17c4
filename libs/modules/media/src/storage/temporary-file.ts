import { type FileHandle, rm } from 'node:fs/promises';
import { SeamError } from '@tearline/seam';

/** A file under way to somewhere. */
export class TemporaryFile {
  #isOpen = true;

  constructor(
    readonly path: string,
    private readonly handle: FileHandle,
  ) {}

  /** Appends these bytes. @throws SeamError `unavailable`, e.g. when the disk is full */
  async write(chunks: readonly Buffer[]): Promise<void> {
    try {
      let size = 0;
      for (const chunk of chunks) size += chunk.length;
      const { bytesWritten } = await this.handle.writev(chunks);
      if (bytesWritten === size) return;
      // Less than it was given: the next attempt says why.
      await this.handle.appendFile(Buffer.concat(chunks).subarray(bytesWritten));
    } catch (error) {
      throw new SeamError('unavailable', { cause: error });
    }
  }

  /** No more is written. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.handle.close();
  }

  /** Closes and deletes it, unless it has gone where it should. */
  async discard(): Promise<void> {
    await this.close().catch(() => undefined);
    await rm(this.path, { force: true });
  }
}
