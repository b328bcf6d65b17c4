import { type ClientOf, contract, query } from '@tearline/seam';
import { z } from 'zod';

/** Names a picture everywhere: the SHA-256 of what was uploaded, in lower-case hexadecimal. */
export const MediaHash = z.string().regex(/^[0-9a-f]{64}$/);

/** Bytes that an uploaded file may have. */
export const MEDIA_FILE_BYTES = 10 * 1_048_576;

/** `pending` until its variants are made; then it stays `ready`, or `failed`. */
export const MediaStatus = z.enum(['pending', 'ready', 'failed']);
export type MediaStatus = z.infer<typeof MediaStatus>;

export const MediaContract = contract('media', {
  /** How these pictures are doing, in no particular order; those that are not there are left out. At most 100 at once. */
  statusOf: query({
    input: z.object({ hashes: z.array(MediaHash).max(100) }),
    output: z.array(z.object({ hash: MediaHash, status: MediaStatus })),
  }),
});
export type Media = ClientOf<typeof MediaContract>;
