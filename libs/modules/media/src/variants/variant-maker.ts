import { Inject, Injectable } from '@nestjs/common';
import type { Sharp, SharpOptions } from 'sharp';
import { MEDIA_SETTINGS, type MediaSettings } from '../media.settings.js';
import type { ImageKind } from '../upload/image-kind.js';
import { UnusableImageError } from './unusable-image.error.js';
import { type VariantName, VARIANTS } from './variants.js';

/** Timeout of one decoding or encoding; all of them fit into the job's timeout. */
const TIMEOUT_SECONDS = 15;
/** Higher pictures are scaled down to this height, and so become narrower. */
const MAX_HEIGHT_PER_WIDTH = 4;
const WEBP = { quality: 80, effort: 3 };

type SharpLibrary = typeof import('sharp').default;

/** libvips loaders of the accepted formats; all others are blocked. */
const LOADERS = ['Jpeg', 'Png', 'Webp', 'Heif', 'Nsgif'].map((format) => `VipsForeignLoad${format}`);

/** Decoded pixels. */
interface Raw {
  readonly data: Buffer;
  readonly info: { readonly width: number; readonly height: number; readonly channels: 1 | 2 | 3 | 4 };
}

/**
 * Creates the variants of a picture: upright, sRGB, WebP, without metadata; of an animation the first frame. The work runs on
 * libvips threads, off the event loop.
 */
@Injectable()
export class VariantMaker {
  #sharp: Promise<SharpLibrary> | undefined;

  constructor(@Inject(MEDIA_SETTINGS) private readonly settings: MediaSettings) {}

  /** @throws UnusableImageError */
  async make(path: string, kind: ImageKind, signal: AbortSignal): Promise<Record<VariantName, Buffer>> {
    const sharp = await this.library();
    try {
      await this.check(sharp(path, this.options), kind);
      const wide = await this.pixels(sharp, path, VARIANTS['article-1600'].width);
      signal.throwIfAborted();
      const square = await this.square(sharp, path);
      const from = (raw: Raw) => withTimeout(sharp(raw.data, { raw: raw.info }));
      const made: [VariantName, Buffer][] = [];
      for (const [name, size] of Object.entries(VARIANTS) as [
        VariantName,
        (typeof VARIANTS)[VariantName],
      ][]) {
        signal.throwIfAborted();
        const image =
          'square' in size ? from(square).resize(size.square, size.square) : fit(from(wide), size.width);
        made.push([name, await image.webp(WEBP).toBuffer()]);
      }
      return Object.fromEntries(made) as Record<VariantName, Buffer>;
    } catch (error) {
      signal.throwIfAborted();
      throw unusable(error);
    }
  }

  private async check(image: Sharp, kind: ImageKind): Promise<void> {
    const { format, width, height } = await image.metadata();
    if (format !== (kind === 'avif' ? 'heif' : kind)) throw new UnusableImageError('another-kind');
    if (width * height > this.settings.MEDIA_PIXELS) throw new UnusableImageError('too-many-pixels');
  }

  /** Decodes the picture once for all widths. */
  private pixels(sharp: SharpLibrary, path: string, width: number): Promise<Raw> {
    return fit(upright(sharp(path, this.options)), width)
      .raw()
      .toBuffer({ resolveWithObject: true });
  }

  private square(sharp: SharpLibrary, path: string): Promise<Raw> {
    const { square } = VARIANTS['avatar-256'];
    return upright(sharp(path, this.options))
      .resize(square, square, { fit: 'cover' })
      .raw()
      .toBuffer({ resolveWithObject: true });
  }

  private get options(): SharpOptions {
    return {
      limitInputPixels: this.settings.MEDIA_PIXELS,
      failOn: 'error',
      pages: 1,
      sequentialRead: true,
    };
  }

  /** Loads sharp with the first job, so that processes without jobs do not load it. */
  private library(): Promise<SharpLibrary> {
    return (this.#sharp ??= import('sharp').then(({ default: sharp }) => {
      sharp.concurrency(1);
      sharp.cache(false);
      sharp.block({ operation: ['VipsForeignLoad'] });
      sharp.unblock({ operation: LOADERS });
      return sharp;
    }));
  }
}

const withTimeout = (image: Sharp) => image.timeout({ seconds: TIMEOUT_SECONDS });

const upright = (image: Sharp) => withTimeout(image).autoOrient().toColourspace('srgb');

const fit = (image: Sharp, width: number) =>
  image.resize({ width, height: width * MAX_HEIGHT_PER_WIDTH, fit: 'inside', withoutEnlargement: true });

function unusable(error: unknown): UnusableImageError {
  if (error instanceof UnusableImageError) return error;
  const text = error instanceof Error ? error.message : '';
  if (/pixel limit/i.test(text)) return new UnusableImageError('too-many-pixels', { cause: error });
  if (/timeout/i.test(text)) return new UnusableImageError('too-complex', { cause: error });
  return new UnusableImageError('unreadable', { cause: error });
}
