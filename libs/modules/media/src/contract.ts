import { type ClientOf, contract, query } from '@tearline/seam';
import { z } from 'zod';

/** Identifies a picture: the SHA-256 of the uploaded file, in lower-case hexadecimal. */
export const MediaHash = z.string().regex(/^[0-9a-f]{64}$/);

/** The pictures that the module's sample data adds, for the sample data of others. */
export const SAMPLE_PICTURES: readonly string[] = [
  '6743b3db1bc9cf6e7e8d4c2d168eec5184a2a61f6b15273a5d40292e3ab8eebc',
  'de0ca0c17cae980cc0cb42b1c0e48a71e5b872a00280b5dcb58c16a74bfc4555',
  '4b536a81801b28e3c38ea7ca4c3e9039afcc56a0b4b639e8db562e163037a504',
  'f2278c8fccd8511ea590d7ea1928526a75d672f0dd1eac4ec69a02c59b1c115d',
  '9558e4e8dc992d2c944af724cdceb97d88d8b541861c1a818155d579cc93e325',
  '97eea26fa67a64ca37f2ee3f20584e0b5e95281911ec200a3b56f03f4a692d72',
];

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
