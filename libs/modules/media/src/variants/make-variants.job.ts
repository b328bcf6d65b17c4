import { job } from '@tearline/events';
import { z } from 'zod';
import { MediaHash } from '../contract.js';
import { mediaSettings } from '../media.settings.js';

/** Makes all variants of a picture that has been stored. */
export const MakeVariants = job('media.variants', {
  payload: z.object({ hash: MediaHash, generation: z.string() }),
  // Read here, since a job's concurrency is known when the module's code is loaded.
  concurrency: mediaSettings().MEDIA_VARIANTS_AT_ONCE,
  timeoutMs: 120_000,
});
