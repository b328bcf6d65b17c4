import { type FileHandle, rm } from 'node:fs/promises';
import { SeamError } from '@tearline/seam';

/** A file that is written before it is stored. */
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
      // A short write: the next write reports the reason.
      await this.handle.appendFile(Buffer.concat(chunks).subarray(bytesWritten));
    } catch (error) {
      throw new SeamError('unavailable', { cause: error });
    }
  }

  /** Closes the file for writing. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.handle.close();
  }

  /** Closes the file, and deletes it unless it was moved. */
  async discard(): Promise<void> {
    await this.close().catch(() => undefined);
    await rm(this.path, { force: true });
  }
}
