import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { type JobPayloadOf, OnJob, type RunningJob, Subscriber } from '@tearline/events';
import { SeamError } from '@tearline/seam';
import { MediaFiles } from '../media-files.js';
import type { MediaFile, StoredVariant } from '../media-file.js';
import { keyOf, keysOf } from '../storage/keys.js';
import { STORAGE, type Storage } from '../storage/storage.js';
import { TemporaryFiles } from '../storage/temporary-files.js';
import { MakeVariants } from './make-variants.job.js';
import { UnusableImageError } from './unusable-image.error.js';
import { VariantFiles } from './variant-files.js';
import type { VariantName } from './variants.js';

/** Creates variants. An interrupted attempt is repeated from the start and writes the same files again. */
@Subscriber('media')
@Injectable()
export class VariantsWorker {
  readonly #log = new Logger(VariantsWorker.name);

  constructor(
    private readonly files: MediaFiles,
    private readonly temporary: TemporaryFiles,
    private readonly variants: VariantFiles,
    @Inject(STORAGE) private readonly storage: Storage,
  ) {}

  @OnJob(MakeVariants)
  async make(named: JobPayloadOf<typeof MakeVariants>, job: RunningJob): Promise<void> {
    const file = await this.files.pending(named);
    if (!file) return;
    try {
      const variants = await this.store(file, job.signal);
      const isStill = await job.complete((manager) => this.files.markReady(manager, file, variants));
      if (!isStill) await this.discard(file);
    } catch (error) {
      if (!(error instanceof UnusableImageError)) throw error;
      const { reason } = error;
      this.#log.log({ hash: file.hash, reason, err: error.cause }, 'unusable picture');
      await job.complete((manager) => this.files.markFailed(manager, file, reason));
      await this.discard(file);
    }
  }

  private async store(
    file: MediaFile,
    signal: AbortSignal,
  ): Promise<Readonly<Record<VariantName, StoredVariant>>> {
    const original = await this.temporary.open();
    try {
      await original.close();
      const stored = await this.storage.get(keyOf(file, 'original'));
      if (!stored) throw new Error(`original of ${file.hash} not found in storage`);
      await pipeline(stored, createWriteStream(original.path), { signal }).catch((error: unknown) => {
        signal.throwIfAborted();
        throw new SeamError('unavailable', { cause: error });
      });
      return await this.variants.store(file, original.path, signal);
    } finally {
      await original.discard();
    }
  }

  private async discard(file: MediaFile): Promise<void> {
    await this.storage.delete(keysOf(file)).catch((error: unknown) => {
      this.#log.warn({ err: error, hash: file.hash }, 'stored files not deleted; the sweep deletes them');
    });
  }
}
