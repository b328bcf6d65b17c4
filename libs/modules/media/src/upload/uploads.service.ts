import type { IncomingMessage } from 'node:http';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { MediaFiles } from '../media-files.js';
import type { MediaFile } from '../media-file.js';
import { keyOf, newGeneration } from '../storage/keys.js';
import { STORAGE, type Storage } from '../storage/storage.js';
import { TemporaryFiles } from '../storage/temporary-files.js';
import { receiveFile, type ReceivedFile } from './receive-file.js';
import { UploadRateLimit } from './upload-rate-limit.js';
import { UploadLimit } from './upload-limit.js';

/** Receives and stores uploads. */
@Injectable()
export class UploadsService {
  readonly #log = new Logger(UploadsService.name);

  constructor(
    private readonly files: MediaFiles,
    private readonly temporary: TemporaryFiles,
    private readonly limit: UploadLimit,
    private readonly rateLimit: UploadRateLimit,
    @Inject(STORAGE) private readonly storage: Storage,
  ) {}

  /**
   * Receives a picture and adds the user's claim to it. The same content is stored and processed once.
   * @throws UploadRefusal, SeamError `media/too-many`, `file/exceeds-what-you-may-store`, `unavailable`
   */
  upload(user: number, request: IncomingMessage): Promise<MediaFile> {
    return this.limit.run(user, async () => {
      await this.rateLimit.count(user);
      const file = await this.temporary.open();
      try {
        const received = await receiveFile(request, file);
        await file.close();
        return await this.store(user, received, file.path);
      } finally {
        await file.discard();
      }
    });
  }

  private async store(user: number, received: ReceivedFile, path: string): Promise<MediaFile> {
    const known = await this.files.claim(user, received);
    if (known) return known;
    // File first, then the row: a crash in between leaves a file without a row, which the sweep deletes.
    const own = { hash: received.hash, generation: newGeneration() };
    const key = keyOf(own, 'original');
    await this.storage.put(key, path);
    const file = (await this.files.claim(user, received, own.generation))!;
    // A concurrent upload of the same content was faster. Not after an error, since the row may have been committed.
    if (file.generation !== own.generation) await this.discard(key);
    return file;
  }

  private async discard(key: string): Promise<void> {
    await this.storage.delete([key]).catch((error: unknown) => {
      this.#log.warn({ err: error, key }, 'stored file not deleted; the sweep deletes it');
    });
  }
}
