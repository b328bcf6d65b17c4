import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { MediaFile, StoredVariant } from '../media-file.js';
import { keyOf } from '../storage/keys.js';
import { STORAGE, type Storage } from '../storage/storage.js';
import { TemporaryFiles } from '../storage/temporary-files.js';
import { VariantMaker } from './variant-maker.js';
import type { VariantName } from './variants.js';

/** Creates and stores the variants of a picture. */
@Injectable()
export class VariantFiles {
  constructor(
    private readonly temporary: TemporaryFiles,
    private readonly maker: VariantMaker,
    @Inject(STORAGE) private readonly storage: Storage,
  ) {}

  /**
   * Creates all variants, then stores them.
   * @param original path of the picture
   * @throws UnusableImageError, SeamError `unavailable`
   */
  async store(
    file: Pick<MediaFile, 'hash' | 'generation' | 'kind'>,
    original: string,
    signal: AbortSignal,
  ): Promise<Readonly<Record<VariantName, StoredVariant>>> {
    const made = await this.maker.make(original, file.kind, signal);
    const variants: [VariantName, StoredVariant][] = [];
    for (const [name, data] of Object.entries(made) as [VariantName, Buffer][]) {
      await this.put(keyOf(file, name), data);
      const sha256 = createHash('sha256').update(data).digest('hex');
      variants.push([name, { bytes: data.length, sha256 }]);
    }
    return Object.fromEntries(variants) as Record<VariantName, StoredVariant>;
  }

  /** Stores a file with this content. */
  async put(key: string, data: Buffer): Promise<void> {
    const file = await this.temporary.open();
    try {
      await file.write([data]);
      await file.close();
      await this.storage.put(key, file.path);
    } finally {
      await file.discard();
    }
  }
}
