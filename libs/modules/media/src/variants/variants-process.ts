/** The process that VariantMaker starts. */
import { serveBulkTasks } from '@tearline/host/bulk-tasks';
import { makeVariants, type Original } from './make-variants.js';
import { UnusableImageError, type UnusableReason } from './unusable-image.error.js';
import type { VariantName } from './variants.js';

/** The variants, or why there are none. */
export type VariantsResult =
  | { readonly variants: Readonly<Record<VariantName, Uint8Array>> }
  | { readonly unusable: UnusableReason; readonly cause: string | undefined };

serveBulkTasks({
  make: async (original: Original, signal): Promise<VariantsResult> => {
    try {
      return { variants: await makeVariants(original, signal) };
    } catch (error) {
      if (!(error instanceof UnusableImageError)) throw error;
      return {
        unusable: error.reason,
        cause: error.cause instanceof Error ? error.cause.message : undefined,
      };
    }
  },
});
