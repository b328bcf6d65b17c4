import { job } from '@tearline/events';
import { z } from 'zod';
import { MediaHash } from '../contract.js';
import { mediaSettings } from '../media.settings.js';

/** Creates all variants of a stored picture. */
export const MakeVariants = job('media.variants', {
  payload: z.object({ hash: MediaHash, generation: z.string() }),
  // A job's concurrency is fixed when its module is loaded.
  concurrency: mediaSettings().MEDIA_VARIANTS_AT_ONCE,
  timeoutMs: 120_000,
});
