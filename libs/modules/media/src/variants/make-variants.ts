import sharp, { type Sharp } from 'sharp';
import type { ImageKind } from '../upload/image-kind.js';
import { UnusableImageError } from './unusable-image.error.js';
import { type VariantName, VARIANTS } from './variants.js';

/** Timeout of one decoding or encoding; all of them fit into the job's timeout. */
const TIMEOUT_SECONDS = 15;
/** Higher pictures are scaled down to this height, and so become narrower. */
const MAX_HEIGHT_PER_WIDTH = 4;
const WEBP = { quality: 80, effort: 3 };

/** libvips loaders of the accepted formats; all others are blocked. */
const LOADERS = ['Jpeg', 'Png', 'Webp', 'Heif', 'Nsgif'].map((format) => `VipsForeignLoad${format}`);

sharp.concurrency(1);
sharp.cache(false);
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: LOADERS });

/** A picture to make variants of. */
export interface Original {
  readonly path: string;
  readonly kind: ImageKind;
  readonly maxPixels: number;
}

/** Decoded pixels. */
interface Raw {
  readonly data: Buffer;
  readonly info: { readonly width: number; readonly height: number; readonly channels: 1 | 2 | 3 | 4 };
}

/**
 * Creates the variants of a picture: upright, sRGB, WebP, without metadata; of an animation the first frame.
 * @throws UnusableImageError
 */
export async function makeVariants(
  original: Original,
  signal: AbortSignal,
): Promise<Record<VariantName, Buffer>> {
  try {
    await check(original);
    const wide = await pixels(original, VARIANTS['article-1600'].width);
    signal.throwIfAborted();
    const square = await squarePixels(original);
    const from = (raw: Raw) => withTimeout(sharp(raw.data, { raw: raw.info }));
    const made: [VariantName, Buffer][] = [];
    for (const [name, size] of Object.entries(VARIANTS) as [VariantName, (typeof VARIANTS)[VariantName]][]) {
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

async function check(original: Original): Promise<void> {
  const { kind, maxPixels } = original;
  const { format, width, height } = await open(original).metadata();
  if (format !== (kind === 'avif' ? 'heif' : kind)) throw new UnusableImageError('another-kind');
  if (width * height > maxPixels) throw new UnusableImageError('too-many-pixels');
}

/** Decodes the picture once for all widths. */
const pixels = (original: Original, width: number): Promise<Raw> =>
  fit(upright(open(original)), width)
    .raw()
    .toBuffer({ resolveWithObject: true });

function squarePixels(original: Original): Promise<Raw> {
  const { square } = VARIANTS['avatar-256'];
  return upright(open(original))
    .resize(square, square, { fit: 'cover' })
    .raw()
    .toBuffer({ resolveWithObject: true });
}

const open = ({ path, maxPixels }: Original) =>
  sharp(path, { limitInputPixels: maxPixels, failOn: 'error', pages: 1, sequentialRead: true });

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
