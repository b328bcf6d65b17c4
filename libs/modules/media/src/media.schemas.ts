import { z } from 'zod';
import { MediaHash, MediaStatus } from './contract.js';
import type { MediaFile } from './media-file.js';
import { type VariantName, variantNames, variantUrls } from './variants/variants.js';

/** The public status of a picture. */
export const MediaBody = z
  .object({
    media: z.object({
      hash: MediaHash,
      status: MediaStatus,
      /** The reason of a failure. */
      reason: z.enum(['unreadable', 'too-many-pixels', 'too-complex', 'another-kind']).optional(),
      /** Whether an article or a user shows it; follows their changes by event. */
      used: z.boolean(),
      /** The paths of its variants once it is ready. */
      urls: z.record(z.enum(variantNames as [VariantName, ...VariantName[]]), z.string()),
      statusUrl: z.string(),
    }),
  })
  .meta({ id: 'MediaBody' });
export type MediaBody = z.infer<typeof MediaBody>;

/** OpenAPI schema of a form with one field, `file`. */
export const UPLOAD_FORM: { type: 'object'; required: string[]; properties: Record<string, object> } = {
  type: 'object',
  required: ['file'],
  properties: { file: { type: 'string', format: 'binary' } },
};

export function mediaBody({ hash, status, reason, used }: MediaFile): MediaBody {
  return {
    media: {
      hash,
      status,
      ...(reason !== null && { reason: reason as NonNullable<MediaBody['media']['reason']> }),
      used,
      urls: variantUrls(hash),
      statusUrl: `/api/media/${hash}`,
    },
  };
}
