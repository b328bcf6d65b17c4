import type { IncomingMessage } from 'node:http';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { MediaFiles } from '../media-files.js';
import type { MediaFile } from '../media-file.js';
import { keyOf, newGeneration } from '../storage/keys.js';
import { STORAGE, type Storage } from '../storage/storage.js';
import { TemporaryFiles } from '../storage/temporary-files.js';
import { receiveFile, type ReceivedFile } from './receive-file.js';
import { UploadRateLimit } from './upload-rate-limit.js';
import { UploadSlots } from './upload-slots.js';

/** Takes files in. */
@Injectable()
export class UploadsService {
  readonly #log = new Logger(UploadsService.name);

  constructor(
    private readonly files: MediaFiles,
    private readonly temporary: TemporaryFiles,
    private readonly slots: UploadSlots,
    private readonly counts: UploadRateLimit,
    @Inject(STORAGE) private readonly storage: Storage,
  ) {}

  /**
   * Receives a picture and makes it the user's. The same content again is the same picture, and no second work.
   * @throws UploadRefusal, SeamError `media/too-many`, `file/exceeds-what-you-may-store`, `unavailable`
   */
  upload(user: number, request: IncomingMessage): Promise<MediaFile> {
    return this.slots.within(user, async () => {
      await this.counts.count(user);
      const file = await this.temporary.open();
      try {
        const received = await receiveFile(request, file);
        await file.close();
        return await this.keep(user, received, file.path);
      } finally {
        await file.discard();
      }
    });
  }

  private async keep(user: number, received: ReceivedFile, path: string): Promise<MediaFile> {
    const known = await this.files.claim(user, received);
    if (known) return known;
    // First the file, then the row: what a crash leaves in between belongs to nothing and is swept.
    const own = { hash: received.hash, generation: newGeneration() };
    const key = keyOf(own, 'original');
    await this.storage.put(key, path);
    const file = (await this.files.claim(user, received, own.generation))!;
    // Somebody else was faster with the same content. Not after an error, which may hide that the row is there.
    if (file.generation !== own.generation) await this.discard(key);
    return file;
  }

  private async discard(key: string): Promise<void> {
    await this.storage.delete([key]).catch((error: unknown) => {
      this.#log.warn({ err: error, key }, 'file left behind; it will be swept');
    });
  }
}
