import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { BulkProcess } from '@tearline/host';
import { isSeamError } from '@tearline/seam';
import { MEDIA_SETTINGS, type MediaSettings } from '../media.settings.js';
import type { ImageKind } from '../upload/image-kind.js';
import { UnusableImageError } from './unusable-image.error.js';
import type { VariantName } from './variants.js';
import type { VariantsResult } from './variants-process.js';

/** Creates the variants of pictures, in a process of low priority: one that a picture makes crash fails a job, and nothing else. */
@Injectable()
export class VariantMaker implements OnModuleDestroy {
  readonly #process = new BulkProcess(new URL('./variants-process.js', import.meta.url), 10);

  constructor(@Inject(MEDIA_SETTINGS) private readonly settings: MediaSettings) {}

  onModuleDestroy(): void {
    this.#process.close();
  }

  /** @throws UnusableImageError, Error when the process has ended: an attempt that counts, since the picture may be the reason */
  async make(path: string, kind: ImageKind, signal: AbortSignal): Promise<Record<VariantName, Buffer>> {
    const original = { path, kind, maxPixels: this.settings.MEDIA_PIXELS };
    const result = await this.#process
      .run<VariantsResult>('make', original, signal)
      .catch((error: unknown) => Promise.reject(isSeamError(error) ? new Error(error.message) : error));
    if ('unusable' in result) throw new UnusableImageError(result.unusable, { cause: result.cause });
    const variants = Object.entries(result.variants).map(([name, data]) => [
      name,
      Buffer.from(data.buffer, data.byteOffset, data.length),
    ]);
    return Object.fromEntries(variants) as Record<VariantName, Buffer>;
  }
}
