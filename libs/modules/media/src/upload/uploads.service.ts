import type { IncomingMessage } from 'node:http';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { InjectTransactions, Transactions } from '@tearline/database';
import { MediaFiles } from '../media-files.js';
import type { MediaFile } from '../media-file.js';
import { MediaReads } from '../media-reads.js';
import { keyOf, newGeneration } from '../storage/keys.js';
import { SeamError } from '@tearline/seam';
import { STORAGE, type Storage } from '../storage/storage.js';
import { TemporaryFiles } from '../storage/temporary-files.js';
import { receiveFile, type ReceivedFile } from './receive-file.js';
import { UploadRateLimit } from './upload-rate-limit.js';
import { UploadLimit } from './upload-limit.js';

const UPLOAD = 'upload media';

/** Receives and stores uploads. */
@Injectable()
export class UploadsService {
  readonly #log = new Logger(UploadsService.name);

  constructor(
    @InjectTransactions('media') private readonly transactions: Transactions,
    private readonly files: MediaFiles,
    private readonly reads: MediaReads,
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
        return await this.storeOnce(user, received, file.path);
      } finally {
        await file.discard();
      }
    });
  }

  /** A repetition with the same idempotency key does not add a claim again that was deleted since. */
  private async storeOnce(user: number, received: ReceivedFile, path: string): Promise<MediaFile> {
    const { hash } = received;
    if (await this.transactions.findReply(UPLOAD, hash)) {
      const known = await this.reads.one(hash);
      if (!known) throw new SeamError('media/not-found');
      return known;
    }
    const file = await this.store(user, received, path);
    // Not in the transaction of the claim: claims of the same content are the same.
    await this.transactions.run(UPLOAD, hash, async () => undefined);
    return file;
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
