import { type ClientOf, contract, query } from '@tearline/seam';
import { z } from 'zod';

/** Identifies a picture: the SHA-256 of the uploaded file, in lower-case hexadecimal. */
export const MediaHash = z.string().regex(/^[0-9a-f]{64}$/);

/** Maximum size of an uploaded file in bytes. */
export const MEDIA_FILE_BYTES = 10 * 1_048_576;

/** `pending` until its variants exist; then `ready`, or `failed`, for good. */
export const MediaStatus = z.enum(['pending', 'ready', 'failed']);
export type MediaStatus = z.infer<typeof MediaStatus>;

export const MediaContract = contract('media', {
  /** Returns the status of these pictures, in no particular order and without unknown ones. At most 100 hashes. */
  statusOf: query({
    input: z.object({ hashes: z.array(MediaHash).max(100) }),
    output: z.array(z.object({ hash: MediaHash, status: MediaStatus })),
  }),
});
export type Media = ClientOf<typeof MediaContract>;
